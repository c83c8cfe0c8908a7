-- Months after which a series holds far fewer reports, and goes on so: three months against the three before.
with months as (
    select
        jurisdiction_key,
        city_code,
        series,
        month_start,
        month_date_key,
        reports,
        -- the three months from here on hold the break's first, which may lie in the second or third of them
        max(case when is_break then 1 else 0 end) over (
            partition by series order by month_start rows between current row and 2 following
        ) = 1 as is_explained,
        max(break_reason) over (
            partition by series order by month_start rows between current row and 2 following
        ) as break_reason,
        _capture_id,
        _payload_id,
        _kind,
        lag(month_start, 3) over (partition by series order by month_start) as third_before,
        lead(month_start, 2) over (partition by series order by month_start) as second_after,
        avg(reports) over (
            partition by series order by month_start rows between 3 preceding and 1 preceding
        ) as mean_before,
        avg(reports) over (
            partition by series order by month_start rows between current row and 2 following
        ) as mean_after,
        min(case when is_month_complete then 1 else 0 end) over (
            partition by series order by month_start rows between current row and 2 following
        ) as all_complete
    from {{ ref('fct_incident_month_total') }}
    where offense_family = 'all_reports' and victim_group = 'citywide'
),

changes as (
    select
        months.*,
        case
            when
                all_complete = 1 and mean_before > 0
                -- six months on end: a month that was not captured is no fall
                and third_before = cast({{ dbt.dateadd('month', -3, 'month_start') }} as date)
                and second_after = cast({{ dbt.dateadd('month', 2, 'month_start') }} as date)
                then 100.0 * (mean_after - mean_before) / mean_before
        end as change_percent
    from months
),

runs as (
    select
        changes.*,
        lag(change_percent) over (partition by series order by month_start) as change_before
    from changes
)

select
    {{ surrogate_key(['series', 'month_start']) }} as series_break_key,
    jurisdiction_key,
    month_date_key,
    city_code,
    series,
    month_start as falls_from,
    cast(mean_before as double) as reports_before,
    cast(mean_after as double) as reports_after,
    cast(change_percent as double) as change_percent,
    is_explained,
    break_reason,
    _capture_id,
    _payload_id,
    cast(null as bigint) as _record_no,
    _kind
from runs
-- the first month of a run of falls
where change_percent <= -{{ var('series_break_fall_percent') }}
    and coalesce(change_before, 0) > -{{ var('series_break_fall_percent') }}
