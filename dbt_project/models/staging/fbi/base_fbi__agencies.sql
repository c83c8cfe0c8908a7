{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('ori') }} as ori,
        -- the FBI has codes of its own for two
        case {{ text_field('state_abbr') }}
            when 'GM' then 'GU'
            when 'NB' then 'NE'
            else {{ text_field('state_abbr') }}
        end as state_code,
        {{ text_field('agency_name') }} as agency_name,
        {{ text_field('agency_type_name') }} as agency_type,
        nullif({{ text_field('counties') }}, 'N/A') as counties,
        try_cast({{ text_field('is_nibrs') }} as boolean) as is_nibrs,
        {{ printed_day(text_field('nibrs_start_date')) }} as nibrs_start_on,
        -- the register has -9 where it has no place
        nullif(try_cast({{ text_field('latitude') }} as double), -9) as latitude,
        nullif(try_cast({{ text_field('longitude') }} as double), -9) as longitude,
        case
            when {{ text_field('ori') }} is null or length({{ text_field('ori') }}) <> 9 then 'ori is not nine characters'
            when {{ text_field('agency_name') }} is null then 'no name'
            when {{ text_field('state_abbr') }} is null then 'no state'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'fbi__agencies') }}
)
,
{{ with_fate('typed', key=['ori'], content=['agency_name', 'agency_type', 'counties', 'nibrs_start_on']) }}
