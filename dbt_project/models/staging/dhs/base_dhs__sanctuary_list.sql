{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('state') }} as state_as_printed,
        {{ text_field('level_heading') }} as level_heading,
        {{ text_field('jurisdiction_as_printed') }} as printed_words,
        case
            when {{ text_field('state') }} is null then 'no state'
            when {{ text_field('jurisdiction_as_printed') }} is null then 'no name'
            when {{ text_field('level_heading') }} in ('state', 'county', 'city') then null
            else 'level_heading is none of state, county, city'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'dhs__sanctuary_list') }}
)
,
{{ with_fate(
    'typed',
    key=['state_as_printed', 'level_heading', 'printed_words'],
    content=['state_as_printed', 'level_heading', 'printed_words']
) }}
