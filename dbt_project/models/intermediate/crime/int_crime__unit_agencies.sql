-- The agency that speaks for each government unit with crime data: the one that the Bureau says serves the most people.
-- Series of several agencies are not added. An agency that is gone yields to its successor: to one that serves half as many
-- people or more, more than two years after the last month of which its own people are counted.
with agencies as (
    select
        months.jurisdiction_key,
        months.ori,
        months.agency_key,
        max(coalesce(months.population, 0)) as most_people,
        count(months.offenses) as reported,
        max(case when months.population > 0 then months.month_start end) as last_counted
    from {{ ref('fct_crime_month') }} as months
    group by months.jurisdiction_key, months.ori, months.agency_key
),

gone as (
    select distinct
        agencies.jurisdiction_key,
        agencies.ori
    from agencies
    inner join agencies as successors
        on
            agencies.jurisdiction_key = successors.jurisdiction_key
            and successors.most_people >= 0.5 * agencies.most_people
            and {{ month_no('successors.last_counted') }} > {{ month_no('agencies.last_counted') }} + 24
),

ranked as (
    select
        agencies.*,
        row_number() over (
            partition by agencies.jurisdiction_key
            order by
                case when gone.ori is null then 0 else 1 end,
                agencies.most_people desc,
                agencies.reported desc,
                agencies.ori
        ) as place,
        count(*) over (partition by agencies.jurisdiction_key) as agencies_with_data
    from agencies
    left join gone
        on agencies.jurisdiction_key = gone.jurisdiction_key and agencies.ori = gone.ori
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
