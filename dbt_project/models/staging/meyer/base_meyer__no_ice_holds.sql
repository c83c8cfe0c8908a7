{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('listed_name') }} as printed_name,
        {{ text_field('jurisdiction') }} as jurisdiction,
        {{ text_field('state') }} as state_code,
        {{ text_field('level') }} as level,
        case
            when {{ text_field('jurisdiction') }} is null then 'no name'
            when {{ text_field('state') }} is null then 'no state'
            when {{ text_field('level') }} in ('county', 'place', 'consolidated') then null
            else 'level is none of county, place, consolidated'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'meyer__no_ice_holds') }}
)
,
{{ with_fate('typed', key=['state_code', 'level', 'jurisdiction'], content=['state_code', 'level', 'jurisdiction', 'printed_name']) }}
