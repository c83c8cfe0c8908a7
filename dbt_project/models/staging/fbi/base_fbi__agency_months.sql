{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('ori') }} as ori,
        {{ text_field('offense_code') }} as offense_code,
        try_cast(
            concat(substr({{ text_field('month') }}, 4, 4), '-', substr({{ text_field('month') }}, 1, 2), '-01') as date
        ) as month_start,
        {{ text_field('series_name') }} as series_name,
        try_cast({{ text_field('actual') }} as bigint) as offenses,
        try_cast({{ text_field('cleared') }} as bigint) as cleared,
        try_cast({{ text_field('population') }} as bigint) as population,
        {{ text_field('max_data_date') }} as newest_data,
        case
            when {{ text_field('ori') }} is null then 'no ori'
            when {{ text_field('offense_code') }} is null then 'no offence code'
            when try_cast(
                concat(substr({{ text_field('month') }}, 4, 4), '-', substr({{ text_field('month') }}, 1, 2), '-01')
                as date
            ) is null then 'month is not mm-yyyy'
            when {{ text_field('actual') }} is not null and try_cast({{ text_field('actual') }} as bigint) is null
                then 'actual is not a whole number'
            when {{ text_field('cleared') }} is not null and try_cast({{ text_field('cleared') }} as bigint) is null
                then 'cleared is not a whole number'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'fbi__agency_months') }}
)
,
{{ with_fate('typed', key=['ori', 'offense_code', 'month_start'], content=['offenses', 'cleared', 'population']) }}
