{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('level') }} as level,
        {{ text_field('state') }} as state_fips,
        concat({{ text_field('state') }}, coalesce({{ text_field('place') }}, {{ text_field('county') }}, ''), coalesce({{ text_field('subdivision') }}, '')) as geoid,
        {{ text_field('NAME') }} as name,
        try_cast({{ text_field('year') }} as int) as estimate_year,
        -- the bureau's sentinels for "not available" are large negative numbers
        case when try_cast({{ text_field('B01003_001E') }} as bigint) >= 0
            then try_cast({{ text_field('B01003_001E') }} as bigint) end as population,
        case when try_cast({{ text_field('B03003_003E') }} as bigint) >= 0
            then try_cast({{ text_field('B03003_003E') }} as bigint) end as hispanic_population,
        -- the bureau's API gives the survey and does not say so; what was transcribed names its program
        coalesce({{ text_field('POPULATION_SOURCE') }}, 'ACS 5-year estimates') as population_source,
        try_cast({{ text_field('VINTAGE') }} as int) as vintage,
        try_cast({{ text_field('HISPANIC_SHARE') }} as double) as hispanic_share_given,
        case
            when {{ text_field('NAME') }} is null then 'no name'
            when {{ text_field('state') }} is null then 'no state'
            when try_cast({{ text_field('B01003_001E') }} as bigint) is null then 'population is not a number'
            when {{ text_field('level') }} not in ('state', 'county', 'place', 'town') then 'level is none of state, county, place, town'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'census__places') }}
)
,
{{ with_fate('typed', key=['geoid', 'estimate_year'], content=['name', 'population', 'population_source', 'vintage', 'hispanic_population']) }}
