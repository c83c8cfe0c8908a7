{{ config(materialized='table') }}

with captures as (
    select capture_id, retrieved_at
    from {{ source('raw', 'capture') }}
),

fields as (
    select
        {{ text_field('ori') }} as ori,
        {{ text_field('offense_code') }} as offense_code,
        {{ fbi_month_start() }} as month_start,
        {{ text_field('series_name') }} as series_name,
        {{ text_field('actual') }} as actual,
        {{ text_field('cleared') }} as cleared,
        {{ text_field('population') }} as population,
        {{ text_field('max_data_date') }} as newest_data,
        captures.retrieved_at,
        months._capture_id,
        months._payload_id,
        months._record_no
    from {{ source('raw', 'fbi__agency_months') }} as months
    inner join captures
        on months._capture_id = captures.capture_id
),

typed as (
    select
        ori,
        offense_code,
        month_start,
        series_name,
        try_cast(actual as bigint) as offenses,
        try_cast(cleared as bigint) as cleared,
        try_cast(population as bigint) as population,
        newest_data,
        case
            when ori is null then 'no ori'
            {{ fbi_month_faults() }}
            when population is not null and try_cast(population as bigint) is null
                then 'population is not a whole number'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from fields
)
,
-- A capture holds an agency, a state (in older versions) or the contents of a file, so a month may be in several captures.
{{ with_fate('typed', key=['ori', 'offense_code', 'month_start'], content=['offenses', 'cleared', 'population'],
    across=true) }}
