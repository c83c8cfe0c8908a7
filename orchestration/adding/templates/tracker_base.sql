{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('place') }} as printed_name,
        {{ text_field('state') }} as state_as_printed,
        case when {{ text_field('place') }} is null then 'no name' end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', '<<raw>>') }}
)
,
{{ with_fate('typed', key=['printed_name', 'state_as_printed'], content=['printed_name', 'state_as_printed']) }}
