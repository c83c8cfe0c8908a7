-- Each figure that a police department printed of reports by victims, beside what the incidents of the same months give.
-- Rounding, later corrections of the records and the choice of codes move a count: within 1 point of percent, or 2
-- percent of a count, the two agree. A printed difference is a change, too: within 1 percent of the count of the year before.
{%- set points = 1.0 %}
{%- set share_of_count = 0.02 %}

with printed as (
    select
        figures.published_statistic_key,
        figures.publisher,
        publishers.city_code,
        coalesce(geoids.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
        figures.offense_key,
        figures.victim_group_key,
        figures.offense_group as offense_family,
        figures.victim_group,
        figures.measure,
        figures.unit,
        figures.figure,
        figures.period_as_printed,
        figures.period_from,
        figures.period_to,
        figures.period_precision,
        figures.source_citation,
        cast({{ dbt.date_trunc('month', 'figures.period_to') }} as date) as month_start,
        -- days that are an estimate are no months
        coalesce(
            coalesce(figures.period_precision, '') <> 'about'
            and extract(day from figures.period_from) = 1
            and extract(day from cast({{ dbt.dateadd('day', 1, 'figures.period_to') }} as date)) = 1,
            false
        ) as is_whole_months,
        case
            when extract(month from figures.period_from) = 1
                and extract(year from figures.period_from) = extract(year from figures.period_to) then 'year to date'
            when {{ month_no('figures.period_to') }} - {{ month_no('figures.period_from') }} = 2 then 'three months'
            when {{ month_no('figures.period_to') }} = {{ month_no('figures.period_from') }} then 'month'
        end as window_kind
    from {{ ref('fct_published_statistic') }} as figures
    inner join {{ ref('printed_publishers') }} as publishers
        on figures.publisher = publishers.publisher
    left join {{ ref('int_identity__geoids') }} as geoids
        on publishers.geoid = geoids.geoid
    where figures.subject = 'crime_reporting'
),

beside as (
    select
        printed.published_statistic_key,
        windows.series,
        windows.counted_from,
        windows.comparability,
        windows.break_reason,
        case
            when printed.measure = 'reports' then
                case printed.victim_group
                    when 'Hispanic' then windows.hispanic_reports
                    when 'Non-Hispanic' then windows.others_reports
                    when 'Citywide' then windows.citywide_reports
                end
            when printed.unit = 'percent' then
                case printed.victim_group
                    when 'Hispanic' then windows.hispanic_change_percent
                    when 'Non-Hispanic' then windows.others_change_percent
                    when 'Citywide' then windows.citywide_change_percent
                end
            when printed.unit = 'difference' and windows.comparability = 'comparable' then
                case printed.victim_group
                    when 'Hispanic' then windows.hispanic_reports - windows.hispanic_reports_before
                    when 'Non-Hispanic' then windows.others_reports - windows.others_reports_before
                    when 'Citywide' then windows.citywide_reports - windows.citywide_reports_before
                end
        end as computed,
        case printed.victim_group
            when 'Hispanic' then windows.hispanic_reports_before
            when 'Non-Hispanic' then windows.others_reports_before
            when 'Citywide' then windows.citywide_reports_before
        end as computed_before,
        row_number() over (
            partition by printed.published_statistic_key
            order by case when windows.comparability = 'comparable' then 0 else 1 end, windows.series
        ) as place
    from printed
    inner join {{ ref('int_crime__report_windows') }} as windows
        on
            printed.city_code = windows.city_code
            and printed.offense_family = windows.offense_family
            and printed.month_start = windows.month_start
            and printed.window_kind = windows.window_kind
            and printed.is_whole_months
),

-- whether reports of the family are captured in a month of the printed period, in whichever series: a set of another
-- matter, such as collisions, says nothing of them
captured as (
    select
        printed.published_statistic_key,
        count(*) as windows
    from printed
    inner join {{ ref('int_crime__report_windows') }} as windows
        on
            printed.city_code = windows.city_code
            and printed.offense_family = windows.offense_family
            and windows.window_kind = 'month'
            and windows.month_start between printed.period_from and coalesce(printed.period_to, printed.period_from)
    group by printed.published_statistic_key
)

select
    printed.published_statistic_key,
    printed.jurisdiction_key,
    printed.offense_key,
    printed.victim_group_key,
    printed.publisher,
    printed.city_code,
    printed.offense_family,
    printed.victim_group,
    printed.measure,
    printed.unit,
    printed.period_as_printed,
    printed.period_from,
    printed.period_to,
    printed.period_precision,
    printed.month_start,
    printed.window_kind,
    cast(printed.figure as double) as figure,
    beside.series,
    beside.counted_from,
    cast(beside.computed as double) as computed,
    cast(beside.computed - printed.figure as double) as difference,
    case
        when captured.windows is null then 'published figures only'
        when beside.computed is null then 'not comparable'
        when printed.unit = 'percent' and abs(beside.computed - printed.figure) <= {{ points }} then 'agrees'
        when printed.unit = 'difference'
            and abs(beside.computed - printed.figure) <= {{ points }} * beside.computed_before / 100 then 'agrees'
        when printed.unit not in ('percent', 'difference')
            and abs(beside.computed - printed.figure) <= {{ share_of_count }} * abs(printed.figure) then 'agrees'
        else 'differs'
    end as agreement,
    case
        when captured.windows is null then 'no incident of the period is captured'
        when printed.period_to is null then 'the print does not tell when its period ends'
        when printed.period_precision = 'about' then 'the days of the printed period are an estimate'
        when not printed.is_whole_months then 'the printed period is not of whole months, and incidents are counted by month'
        when beside.published_statistic_key is null then 'incidents of the period are captured, but not of this offence or not all its months'
        when beside.computed is null and beside.comparability <> 'comparable'
            then case
                when beside.break_reason is null then beside.comparability
                else concat(beside.comparability, ': ', beside.break_reason)
            end
        when beside.computed is null then 'the city does not publish this victim group, or the base is 0'
        else 'the same months, counted by month of report'
    end as why,
    printed.source_citation
from printed
left join captured
    on printed.published_statistic_key = captured.published_statistic_key
left join beside
    on printed.published_statistic_key = beside.published_statistic_key and beside.place = 1
