{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('County') }} as county_name,
        {{ text_field('State') }} as state_code,
        {{ text_field('Jurisdiction') }} as jail_name,
        case when length({{ text_field('GEOID - FIPS') }}) < 3 then right(concat('0', {{ text_field('GEOID - FIPS') }}), 2) else right(concat('0', {{ text_field('GEOID - FIPS') }}), 5) end as geoid,
        {{ text_field('Title of Policy') }} as policy_title,
        {%- for provision, heading in declared_ilrc_provisions().items() %}
        coalesce({{ text_field(heading) }} like '1%', false) as {{ provision }},
        {%- endfor %}
        case
            when {{ text_field('County') }} is null then 'no county'
            when {{ text_field('State') }} is null then 'no state'
            when {{ text_field('GEOID - FIPS') }} is null then 'no code'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'ilrc__county_map') }}
)
,
{{ with_fate('typed', key=['geoid'], content=['geoid', 'jail_name'] + declared_ilrc_provisions().keys() | list) }}
