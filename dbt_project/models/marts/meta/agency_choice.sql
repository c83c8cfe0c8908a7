-- The agencies whose months a run requests, and why: awards, lists and agencies meet at the jurisdiction.
with served as (
    select
        agencies.ori,
        agencies.state_code,
        agencies.agency_name,
        bridge.jurisdiction_key
    from {{ ref('dim_agency') }} as agencies
    inner join {{ ref('bridge_agency_jurisdiction') }} as bridge
        on agencies.agency_key = bridge.agency_key
    inner join {{ ref('dim_jurisdiction') }} as units
        on bridge.jurisdiction_key = units.jurisdiction_key
    where units.is_resolved and agencies.ori is not null and agencies.state_code is not null
),

awarded as (
    select
        jurisdiction_key,
        count(*) as awards
    from {{ ref('fct_award') }}
    group by jurisdiction_key
),

listed as (
    select
        jurisdiction_key,
        count(distinct tracker_key) as trackers
    from {{ ref('fct_tracker_listing') }}
    group by jurisdiction_key
),

large as (
    select jurisdiction_key, population
    from {{ ref('dim_jurisdiction') }}
    where level in ('place', 'town', 'consolidated') and population > 100000
),

told as (
    select
        served.ori,
        served.state_code,
        served.agency_name,
        max(coalesce(awarded.awards, 0)) as awards,
        max(coalesce(listed.trackers, 0)) as trackers,
        max(large.population) as city_population
    from served
    left join awarded
        on served.jurisdiction_key = awarded.jurisdiction_key
    left join listed
        on served.jurisdiction_key = listed.jurisdiction_key
    left join large
        on served.jurisdiction_key = large.jurisdiction_key
    group by served.ori, served.state_code, served.agency_name
)

select
    ori,
    state_code,
    agency_name,
    cast(awards as bigint) as awards,
    cast(trackers as bigint) as trackers,
    city_population,
    awards > 0 as is_award_holder,
    trackers > 0 as is_listed,
    city_population is not null as is_large_city
from told
where awards > 0 or trackers > 0 or city_population is not null
