{%- set counts = ['hispanic', 'others', 'unknown_group', 'citywide'] %}
{%- set sums = [
    'month_incidents', 'simple_assaults_least', 'simple_assaults_most', 'intimidations_least', 'intimidations_most',
] %}
-- Victims of an agency in windows that end with each month of the incident, beside the same months a year before. What was not
-- sent whole on both sides, and what lies behind a break of the agency's own volume, is not compared.
with pairs as (
    select
        today.*,
        cast(extract(year from today.month_start) as int) as year_no,
        case when earlier.ori is not null then 1 end as found_before,
        earlier.is_sent as is_sent_before,
        earlier.year_known_share as year_known_share_before,
        earlier.is_hispanic_alone_recorded as is_hispanic_alone_recorded_before,
        {% for name in counts + sums %}
        earlier.{{ name }} as {{ name }}_before{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_crime__victim_grid') }} as today
    left join {{ ref('int_crime__victim_grid') }} as earlier
        on
            today.ori = earlier.ori
            and today.offense_family = earlier.offense_family
            and today.month_no - 12 = earlier.month_no
),

windows as (
    {% for kind, length, frame in [
        ('month', '1', 'partition by ori, offense_family order by month_no range between current row and current row'),
        ('three months', '3', 'partition by ori, offense_family order by month_no range between 2 preceding and current row'),
        ('year to date', 'month_of_year', 'partition by ori, offense_family, year_no order by month_no range between unbounded preceding and current row'),
    ] %}
    select
        ori,
        agency_key,
        month_start,
        offense_family,
        offense_key,
        '{{ kind }}' as window_kind,
        cast({{ length }} as bigint) as months_in_window,
        count(*) over frame_of_months as months_found,
        count(found_before) over frame_of_months as months_found_before,
        sum(is_sent) over frame_of_months as months_sent,
        sum(is_sent_before) over frame_of_months as months_sent_before,
        min(year_known_share) over frame_of_months as year_known_share,
        min(year_known_share_before) over frame_of_months as year_known_share_before,
        -- three months may lie in two years, each with a share of its own
        max(greatest(year_known_share, year_known_share_before)) over frame_of_months as year_known_share_most,
        max(greatest(is_hispanic_alone_recorded, is_hispanic_alone_recorded_before)) over frame_of_months as is_hispanic_alone_recorded,
        {% for name in counts + sums %}
        {% for side in ['', '_before'] %}
        -- a window with a month that is not known has no sum
        case
            when count({{ name }}{{ side }}) over frame_of_months = {{ length }} then sum({{ name }}{{ side }}) over frame_of_months
        end as {{ name }}{{ side }}{{ ',' if not (loop.last and name == sums[-1]) }}
        {% endfor %}
        {% endfor %}
    from pairs
    window frame_of_months as ({{ frame }})
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

judged as (
    select
        windows.*,
        -- the rule by which a month counts as sent in part, between the years; under ten a month it is chance
        coalesce(
            greatest(month_incidents, month_incidents_before) >= 10 * months_in_window
            and least(month_incidents, month_incidents_before) < 0.6 * greatest(month_incidents, month_incidents_before),
            false
        ) as is_across_break,
        {% for side in ['', '_before'] %}
        {% for bound, other in [('least', 'most'), ('most', 'least')] %}
        1.0 * intimidations_{{ bound }}{{ side }}
        / nullif(intimidations_{{ bound }}{{ side }} + simple_assaults_{{ other }}{{ side }}, 0)
            as intimidation_share_{{ bound }}{{ side }}{{ ',' if not (loop.last and side) }}
        {% endfor %}
        {% endfor %}
    from windows
)

select
    ori,
    agency_key,
    month_start,
    offense_family,
    offense_key,
    window_kind,
    months_in_window,
    cast({{ dbt.dateadd('month', '1 - months_in_window', 'month_start') }} as date) as window_from,
    months_found = months_in_window and months_sent = months_in_window as is_complete,
    hispanic as hispanic_reports,
    others as others_reports,
    unknown_group as unknown_reports,
    citywide as citywide_reports,
    hispanic_before as hispanic_reports_before,
    others_before as others_reports_before,
    unknown_group_before as unknown_reports_before,
    citywide_before as citywide_reports_before,
    year_known_share,
    year_known_share_before,
    year_known_share_most,
    is_hispanic_alone_recorded = 1 as is_hispanic_alone_recorded,
    -- under 50 such victims a share moves by chance; counts below the floor may be any that it hides
    coalesce(
        offense_family in ('simple_assault', 'intimidation')
        and least(
            intimidations_least + simple_assaults_least, intimidations_least_before + simple_assaults_least_before
        ) >= 50
        and greatest(
            intimidation_share_least - intimidation_share_most_before,
            intimidation_share_least_before - intimidation_share_most
        ) > 0.1, false
    ) as is_coding_drift,
    is_across_break,
    case when is_across_break then 'One of the two periods has under 60 percent of the incidents of the other' end as break_reason,
    case
        when months_found < months_in_window then 'a month of the window is not captured'
        when months_found_before < months_in_window then 'the same months a year before are not captured in this series'
        when months_sent < months_in_window or months_sent_before < months_in_window then 'a month was not sent, or only in part'
        when is_across_break then 'a break of the series lies between'
        when citywide is null or citywide_before is null then 'a count is too small to be shown'
        else 'comparable'
    end as comparability
from judged
