{{ config(materialized='table') }}

with captures as (
    select capture_id, retrieved_at
    from {{ source('raw', 'capture') }}
),

fields as (
    select
        {{ text_field('level') }} as level,
        {{ text_field('area') }} as area,
        {{ text_field('offense_code') }} as offense_code,
        {{ fbi_month_start() }} as month_start,
        {{ text_field('actual') }} as actual,
        {{ text_field('cleared') }} as cleared,
        {{ text_field('population') }} as population,
        {{ text_field('participated_population') }} as participated_population,
        {{ text_field('max_data_date') }} as newest_data,
        captures.retrieved_at,
        months._capture_id,
        months._payload_id,
        months._record_no
    from {{ source('raw', 'fbi__area_months') }} as months
    inner join captures
        on months._capture_id = captures.capture_id
),

typed as (
    select
        level,
        area,
        offense_code,
        month_start,
        try_cast(actual as bigint) as offenses,
        try_cast(cleared as bigint) as cleared,
        try_cast(population as bigint) as population,
        try_cast(participated_population as bigint) as participated_population,
        newest_data,
        case
            when level is null or level not in ('state', 'nation') then 'level is neither state nor nation'
            when area is null then 'no area'
            {{ fbi_month_faults() }}
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from fields
)
,
{{ with_fate('typed', key=['level', 'area', 'offense_code', 'month_start'], content=['offenses', 'cleared', 'population']) }}
