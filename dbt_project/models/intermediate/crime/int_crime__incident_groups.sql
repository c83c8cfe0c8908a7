-- Reports by offence family and victim group in every captured month of a series. A family or group without a report in a
-- captured month is a zero; a month that was not captured has no row.
with codes as (
    {{ incident_family_codes() }}
),

families as (
    select distinct
        series,
        offense_family
    from codes
),

-- a report may carry both the code and the flag of one family: it is one report
counted as (
    select distinct
        reports.series,
        reports.month_start,
        reports.code,
        reports.is_domestic,
        reports.victim_group,
        reports.reports,
        codes.offense_family
    from {{ ref('int_crime__incident_reports') }} as reports
    inner join codes
        on {{ is_of_family('reports', 'codes') }}
),

grouped as (
    select
        series,
        month_start,
        offense_family,
        victim_group,
        sum(reports) as reports
    from counted
    group by series, month_start, offense_family, victim_group
    union all
    select
        series,
        month_start,
        offense_family,
        'citywide' as victim_group,
        sum(reports) as reports
    from counted
    group by series, month_start, offense_family
),

victim_groups as (
    select distinct
        groups.series,
        published.victim_group
    from {{ ref('victim_group_codes') }} as groups
    cross join (
        select 'hispanic' as victim_group
        union all
        select 'non_hispanic' as victim_group
        union all
        select 'ethnicity_unknown' as victim_group
    ) as published
    union
    select distinct
        series,
        victim_group
    from grouped
    union
    select distinct
        series,
        'citywide' as victim_group
    from families
),

months as (
    select distinct series, month_start
    from {{ ref('int_crime__incident_months') }}
)

select
    months.series,
    months.month_start,
    families.offense_family,
    victim_groups.victim_group,
    cast(coalesce(grouped.reports, 0) as bigint) as reports
from months
inner join families
    on months.series = families.series
inner join victim_groups
    on months.series = victim_groups.series
left join grouped
    on
        months.series = grouped.series
        and months.month_start = grouped.month_start
        and families.offense_family = grouped.offense_family
        and victim_groups.victim_group = grouped.victim_group
