{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('id') }} as record_id,
        {{ text_field('name') }} as record_name,
        case when {{ text_field('id') }} is null then 'no id' end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', '<<raw>>') }}
)
,
{{ with_fate('typed', key=['record_id'], content=['record_id', 'record_name']) }}
