-- Policies and agreements with ICE of a unit on the last day of each year, and who listed it on any day of the year. Of a
-- year without any list nothing is known, and the columns are null.
with sanctuary as (
    select *
    from {{ ref('fct_listed_unit') }}
    where verdict = 'sanctuary'
),

-- a list that says of one day only says it of that year, and of no other
years_with_lists as (
    select distinct spine.calendar_year
    from (select distinct calendar_year from {{ ref('int_crime__unit_year_spine') }}) as spine
    inner join sanctuary
        on {{ listed_in_year('sanctuary', 'spine.calendar_year') }}
),

agreements as (
    select *
    from {{ ref('fct_tracker_listing') }}
    where verdict = 'cooperates'
),

standing as (
    {{ standing_policies(ref('int_crime__unit_year_spine'), ['jurisdiction_key', 'calendar_year'], 'next_year') }}
),

listed as (
    select
        spine.jurisdiction_key,
        spine.calendar_year,
        count(distinct sanctuary.tracker_code) as sanctuary_trackers
    from {{ ref('int_crime__unit_year_spine') }} as spine
    inner join sanctuary
        on spine.jurisdiction_key = sanctuary.jurisdiction_key and {{ listed_in_year('sanctuary', 'spine.calendar_year') }}
    group by spine.jurisdiction_key, spine.calendar_year
),

state_listed as (
    select distinct
        spine.jurisdiction_key,
        spine.calendar_year
    from {{ ref('int_crime__unit_year_spine') }} as spine
    inner join sanctuary
        on
            spine.state_code = sanctuary.state_code
            and sanctuary.level = 'state'
            and {{ listed_in_year('sanctuary', 'spine.calendar_year') }}
),

agreed as (
    select
        spine.jurisdiction_key,
        spine.calendar_year,
        count(*) as agreements_287g
    from {{ ref('int_crime__unit_year_spine') }} as spine
    inner join agreements
        on spine.jurisdiction_key = agreements.jurisdiction_key and {{ listed_on('agreements', 'spine.last_day') }}
    group by spine.jurisdiction_key, spine.calendar_year
),

-- an agreement that ended before the first snapshot stands in none: the first that is known may not have been the first
first_agreed as (
    select
        jurisdiction_key,
        min(coalesce(signed_on, listed_from)) as first_287g_on
    from agreements
    group by jurisdiction_key
)

select
    spine.jurisdiction_key,
    spine.calendar_year,
    {{ standing_policy_columns('standing') }},
    case
        when years_with_lists.calendar_year is not null then cast(coalesce(listed.sanctuary_trackers, 0) as bigint)
    end as sanctuary_trackers,
    case when years_with_lists.calendar_year is not null then state_listed.jurisdiction_key is not null end
        as is_state_listed,
    case
        when (select min(listed_from) from agreements) < spine.next_year
            then cast(coalesce(agreed.agreements_287g, 0) as bigint)
    end as agreements_287g,
    first_agreed.first_287g_on
from {{ ref('int_crime__unit_year_spine') }} as spine
left join years_with_lists
    on spine.calendar_year = years_with_lists.calendar_year
left join standing
    on spine.jurisdiction_key = standing.jurisdiction_key and spine.calendar_year = standing.calendar_year
left join listed
    on spine.jurisdiction_key = listed.jurisdiction_key and spine.calendar_year = listed.calendar_year
left join state_listed
    on spine.jurisdiction_key = state_listed.jurisdiction_key and spine.calendar_year = state_listed.calendar_year
left join agreed
    on spine.jurisdiction_key = agreed.jurisdiction_key and spine.calendar_year = agreed.calendar_year
left join first_agreed
    on spine.jurisdiction_key = first_agreed.jurisdiction_key
