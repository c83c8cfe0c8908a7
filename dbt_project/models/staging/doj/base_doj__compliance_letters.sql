{{ config(materialized='table') }}

with typed as (
    select
        try_cast({{ text_field('letter_date') }} as date) as letter_on,
        {{ text_field('jurisdiction') }} as jurisdiction,
        {{ text_field('state') }} as state_code,
        {{ text_field('level') }} as level,
        {{ text_field('what') }} as letter_what,
        {{ text_field('cited') }} as cited,
        case
            when try_cast({{ text_field('letter_date') }} as date) is null then 'letter_date is no date'
            when {{ text_field('jurisdiction') }} is null then 'no name'
            when {{ text_field('state') }} is null then 'no state'
            when {{ text_field('level') }} in ('state', 'county', 'place', 'consolidated') then null
            else 'level is none of state, county, place, consolidated'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'doj__compliance_letters') }}
)
,
{{ with_fate('typed', key=['letter_on', 'state_code', 'level', 'jurisdiction'], content=['letter_on', 'state_code', 'level', 'jurisdiction', 'letter_what', 'cited']) }}
