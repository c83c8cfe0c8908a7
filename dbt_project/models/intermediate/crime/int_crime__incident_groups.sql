-- Reports by offence family and victim group in every captured month of a series. A family or group without a report in a
-- captured month is a zero; a month that was not captured has no row.
with codes as (
    select distinct
        series,
        offense_family,
        code,
        is_domestic
    from {{ ref('incident_offense_codes') }}
    where not is_optional or {{ 'true' if var('count_optional_incident_codes', false) else 'false' }}
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
        months.series,
        months.report_month,
        months.code,
        months.is_domestic,
        months.victim_group_code,
        months.reports,
        codes.offense_family
    from {{ ref('int_crime__incident_months') }} as months
    inner join codes
        on
            months.series = codes.series
            and (codes.code is null or upper(months.code) = upper(codes.code))
            and (codes.is_domestic is null or months.is_domestic = codes.is_domestic)
),

published as (
    select distinct series
    from {{ ref('victim_group_codes') }}
),

grouped as (
    select
        counted.series,
        counted.report_month,
        counted.offense_family,
        case
            when published.series is null then 'not_published'
            else coalesce(meanings.victim_group, 'unknown')
        end as victim_group,
        sum(counted.reports) as reports
    from counted
    left join published
        on counted.series = published.series
    left join {{ ref('victim_group_codes') }} as meanings
        on counted.series = meanings.series and upper(counted.victim_group_code) = meanings.code
    group by
        counted.series,
        counted.report_month,
        counted.offense_family,
        case
            when published.series is null then 'not_published'
            else coalesce(meanings.victim_group, 'unknown')
        end
    union all
    select
        series,
        report_month,
        offense_family,
        'citywide' as victim_group,
        sum(reports) as reports
    from counted
    group by series, report_month, offense_family
),

victim_groups as (
    select series, victim_group
    from published
    cross join (
        select 'hispanic' as victim_group
        union all
        select 'non_hispanic' as victim_group
        union all
        select 'unknown' as victim_group
    ) as victim_groups
    union all
    select distinct families.series, 'not_published' as victim_group
    from families
    left join published
        on families.series = published.series
    where published.series is null
    union all
    select distinct series, 'citywide' as victim_group
    from families
),

months as (
    select distinct series, report_month
    from {{ ref('int_crime__incident_months') }}
)

select
    months.series,
    months.report_month,
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
        and months.report_month = grouped.report_month
        and families.offense_family = grouped.offense_family
        and victim_groups.victim_group = grouped.victim_group
