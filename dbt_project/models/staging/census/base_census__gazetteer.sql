{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('GEOID') }} as geoid,
        {{ text_field('USPS') }} as state_code,
        {{ text_field('NAME') }} as name,
        {{ text_field('LSAD') }} as lsad,
        {{ text_field('FUNCSTAT') }} as functional_status,
        case
            when {{ text_field('GEOID') }} is null then 'no GEOID'
            when not {{ regexp_matches(text_field('GEOID'), '^([0-9]{5}|[0-9]{7}|[0-9]{10})$') }}
                then 'GEOID is of no county, place or county subdivision'
            when {{ text_field('NAME') }} is null then 'no name'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'census__gazetteer') }}
)
,
{{ with_fate('typed', key=['geoid'], content=['name', 'lsad', 'functional_status']) }}
