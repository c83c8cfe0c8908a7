{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('location_as_printed') }} as printed_words,
        {{ text_field('date_as_printed') }} as date_as_printed,
        {{ text_field('jurisdiction') }} as jurisdiction,
        {{ text_field('state') }} as state_code,
        {{ text_field('level') }} as level,
        {{ text_field('date_enacted') }} as enacted_month,
        {{ text_field('policy') }} as policy,
        {{ text_field('condition') }} as condition,
        {{ text_field('correction') }} as correction,
        case
            when {{ text_field('jurisdiction') }} is null then 'no name'
            when {{ text_field('state') }} is null then 'no state'
            when {{ text_field('level') }} in ('state', 'county', 'place', 'consolidated') then null
            else 'level is none of state, county, place, consolidated'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'cis__sanctuary_map') }}
)
,
{{ with_fate('typed', key=['state_code', 'level', 'jurisdiction', 'policy'], content=['state_code', 'level', 'jurisdiction', 'policy', 'printed_words', 'enacted_month', 'condition']) }}
