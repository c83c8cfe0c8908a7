{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('county_fips') }} as county_fips,
        {{ text_field('county_name') }} as county_name,
        {{ text_field('state') }} as state_code,
        try_cast(concat({{ text_field('activated') }}, '-01') as date) as activated_from,
        case
            when not {{ regexp_matches(text_field('county_fips'), '^[0-9]{5}$') }} then 'county_fips is no code of a county'
            when {{ text_field('activated') }} is not null and try_cast(concat({{ text_field('activated') }}, '-01') as date) is null
                then 'activated is no month'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'ice__secure_communities') }}
)
,
{{ with_fate('typed', key=['county_fips'], content=['county_fips', 'activated_from']) }}
