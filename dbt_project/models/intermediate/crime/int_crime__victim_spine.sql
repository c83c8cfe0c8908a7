-- Every month of an agency from the first to the last that its archives name, a month of a year without an archive included;
-- and what stood at the end of the month where the agency works: policies, listings, agreements, programs.
with ranges as (
    select
        ori,
        max(agency_name) as archive_agency_name,
        min(month_start) as panel_from,
        max(month_start) as panel_to
    from {{ ref('int_crime__victim_agency_months') }}
    group by ori
),

months as (
    select
        date_key as month_date_key,
        calendar_date as month_start,
        cast({{ dbt.dateadd('month', 1, 'calendar_date') }} as date) as next_month,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'calendar_date')) }} as date) as last_day,
        calendar_year * 12 + calendar_month as month_no,
        calendar_year
    from {{ ref('dim_date') }}
    where extract(day from calendar_date) = 1
),

agencies as (
    select
        ranges.ori,
        ranges.panel_from,
        ranges.panel_to,
        agencies.agency_key,
        coalesce(agencies.agency_name, ranges.archive_agency_name) as agency_name,
        agencies.agency_kind,
        units.jurisdiction_key,
        units.is_resolved,
        units.name as jurisdiction_name,
        units.level,
        units.geoid,
        agencies.state_code,
        states.jurisdiction_key as state_jurisdiction_key,
        programs.secure_communities_from
    from ranges
    inner join {{ ref('dim_agency') }} as agencies
        on ranges.ori = agencies.ori
    inner join {{ ref('dim_jurisdiction') }} as units
        on agencies.jurisdiction_key = units.jurisdiction_key
    left join {{ ref('dim_jurisdiction') }} as states
        on agencies.state_code = states.state_code and states.level = 'state'
    -- a program of the county that the register names: none where it names several
    left join {{ ref('int_ordinances__county_programs') }} as programs
        on
            agencies.state_code = programs.state_code
            and {{ compact_name(spelled_name('agencies.counties')) }} = programs.county_compact
),

spine as (
    select
        agencies.*,
        months.*,
        people.population,
        people.population_year,
        people.hispanic_share
    from agencies
    inner join months
        on months.month_start between agencies.panel_from and agencies.panel_to
    left join {{ ref('int_identity__people_spans') }} as people
        on
            agencies.jurisdiction_key = people.jurisdiction_key
            and months.calendar_year between people.from_year and people.to_year
),

policies as (
    {{ standing_policies('spine', ['ori', 'month_start'], 'next_month') }}
),

listed as (
    select
        spine.ori,
        spine.month_start,
        count(distinct case
            when units.verdict = 'sanctuary' and units.jurisdiction_key = spine.jurisdiction_key then units.tracker_code
        end) as sanctuary_trackers,
        max(case when units.verdict = 'sanctuary' and units.jurisdiction_key = spine.state_jurisdiction_key then 1 else 0 end)
            as is_state_listed,
        max(case when units.verdict = 'cooperates' and units.jurisdiction_key = spine.jurisdiction_key then 1 else 0 end)
            as has_287g_agreement
    from spine
    inner join {{ ref('fct_listed_unit') }} as units
        on
            units.jurisdiction_key in (spine.jurisdiction_key, spine.state_jurisdiction_key)
            and {{ listed_on('units', 'spine.last_day') }}
    -- a list that says of one day only says nothing of the end of any month
    where units.tracker_code in (select tracker_code from {{ ref('dim_tracker') }} where lasts = 'until the next list')
    group by spine.ori, spine.month_start
),

first_lists as (
    select
        min(case when verdict = 'sanctuary' then listed_from end) as sanctuary_from,
        min(case when verdict = 'cooperates' then listed_from end) as cooperates_from
    from {{ ref('fct_listed_unit') }}
    where tracker_code in (select tracker_code from {{ ref('dim_tracker') }} where lasts = 'until the next list')
)

select
    spine.*,
    {{ standing_policy_columns('policies') }},
    -- Before the first list nothing is known. What no unit is found for may be listed under the name of its unit.
    case
        when spine.next_month > first_lists.sanctuary_from and (spine.is_resolved or listed.sanctuary_trackers > 0)
            then cast(coalesce(listed.sanctuary_trackers, 0) as bigint)
    end as sanctuary_trackers,
    case
        when spine.next_month > first_lists.sanctuary_from and spine.state_jurisdiction_key is not null
            then coalesce(listed.is_state_listed, 0) = 1
    end as is_state_listed,
    case
        when spine.next_month > first_lists.cooperates_from and (spine.is_resolved or listed.has_287g_agreement = 1)
            then coalesce(listed.has_287g_agreement, 0) = 1
    end as has_287g_agreement
from spine
cross join first_lists
left join policies
    on spine.ori = policies.ori and spine.month_start = policies.month_start
left join listed
    on spine.ori = listed.ori and spine.month_start = listed.month_start
