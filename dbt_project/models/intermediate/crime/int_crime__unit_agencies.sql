-- The agency that speaks for each government unit with crime data: the one that the Bureau says serves the most people.
-- Series of several agencies are not added.
with agencies as (
    select
        months.jurisdiction_key,
        months.ori,
        months.agency_key,
        max(coalesce(months.population, 0)) as most_people,
        count(months.offenses) as reported
    from {{ ref('fct_crime_month') }} as months
    group by months.jurisdiction_key, months.ori, months.agency_key
),

ranked as (
    select
        agencies.*,
        row_number() over (
            partition by jurisdiction_key order by most_people desc, reported desc, ori
        ) as place,
        count(*) over (partition by jurisdiction_key) as agencies_with_data
    from agencies
)

select
    ranked.jurisdiction_key,
    ranked.ori,
    ranked.agency_key,
    ranked.agencies_with_data,
    agency.agency_name,
    agency.coverage as agency_covers,
    agency.served_share as agency_served_share,
    jurisdictions.geoid,
    jurisdictions.name,
    jurisdictions.level,
    jurisdictions.state_code,
    states.jurisdiction_key as state_jurisdiction_key
from ranked
inner join {{ ref('dim_jurisdiction') }} as jurisdictions
    on ranked.jurisdiction_key = jurisdictions.jurisdiction_key
inner join {{ ref('dim_agency') }} as agency
    on ranked.agency_key = agency.agency_key
left join {{ ref('dim_jurisdiction') }} as states
    on jurisdictions.state_code = states.state_code and states.level = 'state'
where ranked.place = 1 and jurisdictions.is_resolved
