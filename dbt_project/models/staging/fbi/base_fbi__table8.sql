{{ config(materialized='table') }}
{%- set counts = declared_table8_counts() %}

with fields as (
    select
        {{ text_field('year') }} as year_text,
        {{ text_field('state') }} as state_name,
        {{ text_field('city') }} as city,
        {{ text_field('city_as_printed') }} as city_as_printed,
        {{ text_field('footnotes') }} as footnotes,
        {{ text_field('footnote_texts') }} as footnote_texts,
        {{ text_field('state_footnotes') }} as state_footnotes,
        {{ text_field('population') }} as population_text,
        {% for count in counts %}
        -- some years' workbooks separate thousands with commas
        replace({{ text_field(count) }}, ',', '') as {{ count }}_text,
        {% endfor %}
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'fbi__table8') }}
),

typed as (
    select
        try_cast(fields.year_text as int) as table_year,
        states.postal as state_code,
        fields.state_name,
        fields.city,
        coalesce(fields.city_as_printed, fields.city) as city_as_printed,
        fields.footnotes,
        fields.footnote_texts,
        fields.state_footnotes,
        try_cast(replace(fields.population_text, ',', '') as bigint) as population,
        {% for count in counts %}
        try_cast(fields.{{ count }}_text as bigint) as {{ count }},
        {% endfor %}
        case
            when try_cast(fields.year_text as int) is null or try_cast(fields.year_text as int) < 1975 then 'no year'
            when fields.city is null then 'no city'
            when states.postal is null then 'no such state'
            when fields.population_text is not null and try_cast(replace(fields.population_text, ',', '') as bigint) is null
                then 'population is not a whole number'
            {% for count in counts %}
            when fields.{{ count }}_text is not null and try_cast(fields.{{ count }}_text as bigint) is null
                then '{{ count }} is not a whole number'
            {% endfor %}
        end as _reject_reason,
        fields._capture_id,
        fields._payload_id,
        fields._record_no
    from fields
    left join {{ ref('states') }} as states
        on lower(fields.state_name) = lower(states.name)
)
,
{{ with_fate('typed', key=['table_year', 'state_code', 'city'], content=['population'] + counts) }}
