-- Every month of a city's series that is captured: whether its reports are all in, far below their neighbours, or broken.
{%- set before = 'partition by series order by month_no range between 12 preceding and 1 preceding' %}
{%- set after = 'partition by series order by month_no range between 1 following and 12 following' %}
with months as (
    select
        city_code,
        geoid,
        series,
        date_basis,
        month_start,
        max(newest_on) as newest_on,
        min(shown_on) as shown_on,
        max(settle_days) as settle_days,
        case when min(counted_from) = max(counted_from) then min(counted_from) else 'rows and aggregates' end as counted_from,
        {{ provenance_of_one() }}
    from {{ ref('int_crime__incident_months') }}
    group by city_code, geoid, series, date_basis, month_start
),

totals as (
    select
        series,
        month_start,
        {{ month_no('month_start') }} as month_no,
        sum(reports) as reports
    from {{ ref('int_crime__incident_months') }}
    group by series, month_start
),

histories as (
    select
        totals.series,
        totals.month_start,
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
        month_start
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

breaks as (
    select
        months.series,
        months.month_start,
        {{ joined('breaks.reason') }} as break_reason
    from months
    inner join {{ ref('incident_breaks') }} as breaks
        on
            months.series = breaks.series
            and months.month_start >= breaks.broken_from
            and months.month_start <= coalesce(breaks.broken_to, cast('9999-12-31' as date))
    group by months.series, months.month_start
)

select
    months.city_code,
    months.geoid,
    months.series,
    months.date_basis,
    months.month_start,
    -- the city has shown reports of days after the month's end, as many as it takes to write them up, and has shown this
    -- month since: the newest report may be of a later capture of other months
    cast({{ dbt.dateadd('day', 'months.settle_days', dbt.dateadd('month', 1, 'months.month_start')) }} as date)
    <= least(months.newest_on, months.shown_on) as is_month_complete,
    partial_months.month_start is not null as is_partial,
    breaks.break_reason,
    months.counted_from,
    months._capture_id,
    months._payload_id,
    months._kind
from months
left join partial_months
    on months.series = partial_months.series and months.month_start = partial_months.month_start
left join breaks
    on months.series = breaks.series and months.month_start = breaks.month_start
