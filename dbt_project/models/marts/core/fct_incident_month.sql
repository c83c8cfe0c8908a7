{%- set before = 'partition by series order by month_no range between 12 preceding and 1 preceding' %}
{%- set after = 'partition by series order by month_no range between 1 following and 12 following' %}
-- Every family and group of a series in every month that is captured: a month that holds reports, and none of a family,
-- is a zero; a month that was not captured has no row.
with months as (
    select
        city_code,
        geoid,
        series,
        date_basis,
        report_month,
        max(newest_on) as newest_on,
        max(settle_days) as settle_days,
        case when min(counted_from) = max(counted_from) then min(counted_from) else 'rows and aggregates' end as counted_from,
        {{ provenance_of_one() }}
    from {{ ref('int_crime__incident_months') }}
    group by city_code, geoid, series, date_basis, report_month
),

totals as (
    select
        series,
        report_month,
        {{ month_no('report_month') }} as month_no,
        sum(reports) as reports
    from {{ ref('int_crime__incident_months') }}
    group by series, report_month
),

histories as (
    select
        totals.series,
        totals.report_month,
        totals.reports,
        {{ median_over('reports', before) }} as median_before,
        count(*) over ({{ before }}) as months_before,
        {{ median_over('reports', after) }} as median_after,
        count(*) over ({{ after }}) as months_after
    from totals
),

-- the rule of int_crime__month_judgements for a series of 100 reports a month and more
partial_months as (
    select
        series,
        report_month
    from histories
    where
        (greatest(median_before, median_after) >= 100 and reports < 0.1 * greatest(median_before, median_after))
        or (
            months_before >= 6 and months_after >= 6
            and least(median_before, median_after) >= 100 and reports < 0.5 * least(median_before, median_after)
        )
        or (months_before >= 6 and months_after < 6 and median_before >= 100 and reports < 0.5 * median_before)
        or (months_before < 6 and months_after >= 6 and median_after >= 100 and reports < 0.5 * median_after)
),

codes as (
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
    ) as told
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

breaks as (
    select
        months.series,
        months.report_month,
        {{ joined('breaks.reason') }} as break_reason
    from months
    inner join {{ ref('incident_breaks') }} as breaks
        on
            months.series = breaks.series
            and months.report_month >= breaks.broken_from
            and months.report_month <= coalesce(breaks.broken_to, cast('9999-12-31' as date))
    group by months.series, months.report_month
)

select
    {{ surrogate_key(['months.city_code', 'months.series', 'months.report_month', 'families.offense_family',
        'victim_groups.victim_group']) }} as incident_month_key,
    coalesce(jurisdictions.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    {{ surrogate_key(['families.offense_family']) }} as offense_key,
    case
        when victim_groups.victim_group = 'unknown' then {{ surrogate_key(["'ethnicity_unknown'"]) }}
        else {{ surrogate_key(['victim_groups.victim_group']) }}
    end as victim_group_key,
    {{ date_key('months.report_month') }} as month_date_key,
    months.city_code,
    months.report_month,
    families.offense_family,
    victim_groups.victim_group,
    months.series,
    cast(coalesce(grouped.reports, 0) as bigint) as reports,
    -- the city has shown reports of days after the month's end, as many as it takes to write them up
    cast({{ dbt.dateadd('day', 'months.settle_days', dbt.dateadd('month', 1, 'months.report_month')) }} as date)
    <= months.newest_on as is_month_complete,
    partial_months.report_month is not null as is_partial,
    breaks.break_reason is not null as break_flag,
    breaks.break_reason,
    months.counted_from,
    months.date_basis,
    months._capture_id,
    months._payload_id,
    cast(null as bigint) as _record_no,
    months._kind
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
left join partial_months
    on months.series = partial_months.series and months.report_month = partial_months.report_month
left join breaks
    on months.series = breaks.series and months.report_month = breaks.report_month
left join {{ ref('dim_jurisdiction') }} as jurisdictions
    on months.geoid = jurisdictions.geoid
