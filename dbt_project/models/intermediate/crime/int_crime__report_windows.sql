-- Counts of reports in windows that end with each month, beside the same months a year before, inside one series of one
-- city. What a break, an open month or a hole in the captures lies in is not compared, and says why.
with months as (
    select distinct city_code, series, month_no, break_in_month, break_reason
    from {{ ref('int_crime__report_grid') }}
),

steps as (
    select 'month' as window_kind, 0 as months_back
    {% for step in range(3) %}
    union all
    select 'three months' as window_kind, {{ step }} as months_back
    {% endfor %}
    {% for step in range(12) %}
    union all
    select 'year to date' as window_kind, {{ step }} as months_back
    {% endfor %}
),

windows as (
    select
        ends.city_code,
        ends.series,
        ends.month_start,
        ends.month_no,
        ends.offense_family,
        steps.window_kind,
        max(ends.jurisdiction_key) as jurisdiction_key,
        max(ends.offense_key) as offense_key,
        max(ends.counted_from) as counted_from,
        max(ends.date_basis) as date_basis,
        count(*) as months_in_window,
        count(members.month_no) as months_found,
        count(earlier.month_no) as months_found_before,
        sum(members.is_complete) as months_complete,
        sum(earlier.is_complete) as months_complete_before,
        sum(members.hispanic) as hispanic,
        sum(members.others) as others,
        sum(members.unknown_group) as unknown_group,
        sum(members.citywide) as citywide,
        sum(earlier.hispanic) as hispanic_before,
        sum(earlier.others) as others_before,
        sum(earlier.unknown_group) as unknown_group_before,
        sum(earlier.citywide) as citywide_before
    from {{ ref('int_crime__report_grid') }} as ends
    inner join steps
        on steps.window_kind <> 'year to date' or steps.months_back < ends.month_of_year
    left join {{ ref('int_crime__report_grid') }} as members
        on
            ends.city_code = members.city_code
            and ends.series = members.series
            and ends.offense_family = members.offense_family
            and ends.month_no - steps.months_back = members.month_no
    left join {{ ref('int_crime__report_grid') }} as earlier
        on
            ends.city_code = earlier.city_code
            and ends.series = earlier.series
            and ends.offense_family = earlier.offense_family
            and ends.month_no - steps.months_back - 12 = earlier.month_no
    group by
        ends.city_code, ends.series, ends.month_start, ends.month_no, ends.offense_family, steps.window_kind
),

-- breaks from the first month compared with to the last month of the window
broken as (
    select
        windows.city_code,
        windows.series,
        windows.month_start,
        windows.offense_family,
        windows.window_kind,
        count(*) as breaks,
        {{ joined_once('months.break_reason') }} as break_reason
    from windows
    inner join months
        on
            windows.city_code = months.city_code
            and windows.series = months.series
            and months.break_in_month = 1
            and months.month_no between windows.month_no - windows.months_in_window - 11 and windows.month_no
    group by
        windows.city_code, windows.series, windows.month_start, windows.offense_family, windows.window_kind
),

judged as (
    select
        windows.*,
        broken.break_reason,
        coalesce(broken.breaks, 0) > 0 as is_across_break,
        case
            when windows.months_found < windows.months_in_window then 'a month of the window is not captured'
            when windows.months_found_before < windows.months_in_window
                then 'the same months a year before are not captured in this series'
            when broken.breaks > 0 then 'a break of the series lies between'
            when windows.months_complete < windows.months_in_window
                or windows.months_complete_before < windows.months_in_window
                then 'a month is not complete'
            else 'comparable'
        end as comparability
    from windows
    left join broken
        on
            windows.city_code = broken.city_code
            and windows.series = broken.series
            and windows.month_start = broken.month_start
            and windows.offense_family = broken.offense_family
            and windows.window_kind = broken.window_kind
)

select
    city_code,
    series,
    month_start,
    offense_family,
    window_kind,
    jurisdiction_key,
    offense_key,
    months_in_window,
    cast({{ dbt.dateadd('month', '1 - months_in_window', 'month_start') }} as date) as window_from,
    counted_from,
    date_basis,
    months_found = months_in_window and months_complete = months_in_window as is_complete,
    case when months_found = months_in_window then hispanic end as hispanic_reports,
    case when months_found = months_in_window then others end as others_reports,
    case when months_found = months_in_window then unknown_group end as unknown_reports,
    case when months_found = months_in_window then citywide end as citywide_reports,
    case when months_found_before = months_in_window then hispanic_before end as hispanic_reports_before,
    case when months_found_before = months_in_window then others_before end as others_reports_before,
    case when months_found_before = months_in_window then unknown_group_before end as unknown_reports_before,
    case when months_found_before = months_in_window then citywide_before end as citywide_reports_before,
    case when comparability = 'comparable' then 100.0 * (hispanic - hispanic_before) / nullif(hispanic_before, 0) end
        as hispanic_change_percent,
    case when comparability = 'comparable' then 100.0 * (others - others_before) / nullif(others_before, 0) end
        as others_change_percent,
    case when comparability = 'comparable' then 100.0 * (citywide - citywide_before) / nullif(citywide_before, 0) end
        as citywide_change_percent,
    is_across_break,
    break_reason,
    comparability
from judged
