{{ config(materialized='table') }}

{%- set own_texts = [] -%}
{%- for n in range(1, 6) -%}{%- do own_texts.append('MatterText' ~ n) -%}{%- endfor -%}
{%- for n in range(1, 12) -%}{%- do own_texts.append('MatterEXText' ~ n) -%}{%- endfor %}

with typed as (
    select
        {{ text_field('client') }} as client,
        {{ text_field('MatterId') }} as matter_id,
        {{ text_field('MatterFile') }} as file_number,
        {{ text_field('MatterName') }} as matter_name,
        {{ text_field('MatterTitle') }} as title,
        {{ text_field('MatterTypeName') }} as type_name,
        {{ text_field('MatterStatusName') }} as status_name,
        {{ text_field('MatterBodyName') }} as body_name,
        {{ text_field('MatterEnactmentNumber') }} as enactment_number,
        {{ text_field('MatterNotes') }} as notes,
        {{ text_field('MatterSummary') }} as summary,
        {{ text_field('MatterFullText') }} as full_text,
        -- fields that each council uses as it likes
        nullif(trim(concat(
            {%- for name in own_texts %}
            coalesce({{ text_field(name) }}, ''){% if not loop.last %}, ' ',{% endif %}
            {%- endfor %}
        )), '') as own_text,
        {{ council_date(text_field('MatterIntroDate')) }} as introduced_on,
        {{ council_date(text_field('MatterAgendaDate')) }} as agenda_on,
        {{ council_date(text_field('MatterPassedDate')) }} as passed_on,
        {{ council_date(text_field('MatterEnactmentDate')) }} as enacted_on,
        -- the public archive of New York has the year 1 where nothing is given
        case
            when substr({{ text_field('MatterLastModifiedUtc') }}, 1, 4) <> '0001'
                then try_cast(substr({{ text_field('MatterLastModifiedUtc') }}, 1, 19) as timestamp)
        end as last_modified_at,
        coalesce(lower({{ text_field('MatterRestrictViewViaWeb') }}) = 'true', false) as is_restricted,
        case
            when {{ text_field('client') }} is null then 'no client'
            when {{ text_field('MatterId') }} is null then 'no matter id'
            when {{ council_date_is_broken(text_field('MatterIntroDate')) }} then 'MatterIntroDate is no date'
            when {{ council_date_is_broken(text_field('MatterPassedDate')) }} then 'MatterPassedDate is no date'
            when {{ council_date_is_broken(text_field('MatterEnactmentDate')) }} then 'MatterEnactmentDate is no date'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'legistar__matters') }}
)
,
{{ with_fate(
    'typed',
    key=['client', 'matter_id'],
    content=[
        'file_number', 'matter_name', 'title', 'type_name', 'status_name', 'body_name', 'enactment_number', 'notes',
        'summary', 'full_text', 'own_text', 'introduced_on', 'agenda_on', 'passed_on', 'enacted_on',
        'last_modified_at', 'is_restricted',
    ],
    across=true
) }}
