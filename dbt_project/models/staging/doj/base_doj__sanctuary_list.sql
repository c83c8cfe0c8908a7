{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('heading') }} as heading,
        {{ text_field('jurisdiction_as_printed') }} as listed_name,
        {{ text_field('state_as_printed') }} as state_as_printed,
        try_cast({{ text_field('updated_on') }} as date) as updated_on,
        case
            when {{ text_field('jurisdiction_as_printed') }} is null then 'no name'
            when {{ text_field('heading') }} not in ('STATES', 'COUNTIES', 'CITIES')
                then 'heading is none of STATES, COUNTIES, CITIES'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'doj__sanctuary_list') }}
)
,
{{ with_fate('typed', key=['heading', 'listed_name', 'state_as_printed'], content=['heading', 'listed_name', 'state_as_printed']) }}
