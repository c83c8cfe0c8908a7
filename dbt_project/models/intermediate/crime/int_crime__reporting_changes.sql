{%- set counts = ['hispanic_reports', 'others_reports', 'unknown_reports', 'citywide_reports'] %}
{%- set groups = ['hispanic', 'others', 'citywide'] %}
-- Windows of cities' reports and of agencies' victims in one form, each with its intervals; and whether groups may be compared.
with victim_sets as (
    select distinct series
    from {{ ref('incident_sets') }}
    where counts_what like 'a victim%'
),

windows as (
    select
        reports.city_code,
        cast(null as {{ dbt.type_string() }}) as ori,
        {{ unknown_key() }} as agency_key,
        reports.city_code as unit,
        case when victim_sets.series is not null then 'victims' else 'reports' end as counted_what,
        reports.series,
        reports.jurisdiction_key,
        reports.offense_family,
        reports.offense_key,
        reports.month_start,
        reports.window_kind,
        reports.months_in_window,
        reports.window_from,
        reports.counted_from,
        reports.date_basis,
        reports.is_complete,
        {% for name in counts %}
        reports.{{ name }},
        reports.{{ name }}_before,
        {% endfor %}
        cast(null as double) as year_known_share,
        cast(null as double) as year_known_share_before,
        cast(null as double) as year_known_share_most,
        false as is_hispanic_alone_recorded,
        reports.is_across_break,
        reports.break_reason,
        reports.comparability
    from {{ ref('int_crime__report_windows') }} as reports
    left join victim_sets
        on reports.series = victim_sets.series
    union all
    select
        cast(null as {{ dbt.type_string() }}) as city_code,
        victims.ori,
        victims.agency_key,
        victims.ori as unit,
        'victims' as counted_what,
        'NIBRS victims' as series,
        agencies.jurisdiction_key,
        victims.offense_family,
        victims.offense_key,
        victims.month_start,
        victims.window_kind,
        victims.months_in_window,
        victims.window_from,
        'incident files' as counted_from,
        'incident date' as date_basis,
        victims.is_complete,
        {% for name in counts %}
        victims.{{ name }},
        victims.{{ name }}_before,
        {% endfor %}
        victims.year_known_share,
        victims.year_known_share_before,
        victims.year_known_share_most,
        coalesce(victims.is_hispanic_alone_recorded, false) as is_hispanic_alone_recorded,
        victims.is_across_break,
        victims.break_reason,
        case
            when victims.comparability = 'comparable' and victims.is_coding_drift then 'the code of the offense drifted'
            else victims.comparability
        end as comparability
    from {{ ref('int_crime__victim_windows') }} as victims
    inner join {{ ref('dim_agency') }} as agencies
        on victims.agency_key = agencies.agency_key
),

shared as (
    select
        windows.*,
        dispersion.dispersion_degrees,
        {% for group in groups %}
        dispersion.{{ group }}_dispersion,
        {% endfor %}
        {% for side in ['', '_before'] %}
        1.0 * (hispanic_reports{{ side }} + others_reports{{ side }}) / nullif(citywide_reports{{ side }}, 0) as known_share{{ side }},
        {% endfor %}
        least(hispanic_reports, others_reports, hispanic_reports_before, others_reports_before) as least_count
    from windows
    left join {{ ref('int_crime__reporting_dispersion') }} as dispersion
        on
            windows.unit = dispersion.unit
            and windows.series = dispersion.series
            and windows.offense_family = dispersion.offense_family
            and {{ month_no('windows.month_start') }} = dispersion.month_no
),

judged as (
    select
        shared.*,
        case
            when comparability <> 'comparable' and comparability <> 'a count is too small to be shown' then comparability
            when ori is null and hispanic_reports is null then 'the publisher does not give the group'
            when is_hispanic_alone_recorded then 'only Hispanic is recorded: no share can be had'
            when least(year_known_share, year_known_share_before) < {{ known_share_needed() }}
                or least(known_share, known_share_before) < {{ known_share_needed() }}
                then 'ethnicity is known of too few victims'
            when year_known_share_most - least(year_known_share, year_known_share_before) > {{ known_share_may_move() }}
                -- the share of a few victims moves by chance
                or (
                    abs(known_share - known_share_before) > {{ known_share_may_move() }}
                    and (ori is null or least(citywide_reports, citywide_reports_before) >= 100)
                ) then 'the share of victims of known ethnicity moved'
            -- nulls of an agency are counts below the floor
            when (hispanic_reports + others_reports + hispanic_reports_before + others_reports_before) is null
                or least_count < {{ victim_floor() }} then 'a count is too small to be shown'
            when dispersion_degrees is null then 'too few months to say how far counts scatter'
            else 'comparable'
        end as group_comparability
    from shared
)

select
    city_code,
    ori,
    agency_key,
    counted_what,
    series,
    jurisdiction_key,
    offense_family,
    offense_key,
    month_start,
    window_kind,
    months_in_window,
    window_from,
    counted_from,
    date_basis,
    is_complete,
    {% for name in counts %}
    {{ name }},
    {{ name }}_before,
    {% endfor %}
    case when not is_hispanic_alone_recorded then known_share end as known_share,
    case when not is_hispanic_alone_recorded then known_share_before end as known_share_before,
    {% for group in groups %}
    -- a city's own reports are shown as it counts them; of victims a group is shown only if it can be compared
    case
        when {{ "comparability = 'comparable'" if group == 'citywide'
            else "group_comparability = 'comparable' or (counted_what = 'reports' and comparability = 'comparable')" }}
            then 100.0 * ({{ group }}_reports - {{ group }}_reports_before) / nullif({{ group }}_reports_before, 0)
    end as {{ group }}_change_percent,
    {% for side, name in [('-', 'low'), ('+', 'high')] %}
    case
        when group_comparability = 'comparable' then {{ change_bound(
            '1.0 * ' ~ group ~ '_reports / nullif(' ~ group ~ '_reports_before, 0)',
            log_ratio_variance(group), side) }}
    end as {{ group }}_change_{{ name }},
    {% endfor %}
    {% endfor %}
    {#- beside the others a ratio of ratios; beside all, of which the group is a part, a ratio of shares. 1e0, not 1.0: a
        product of Spark's decimals keeps six digits #}
    {%- for whom, other, variance in [
        ('others', 'others_reports', log_ratio_variance('hispanic') ~ ' + ' ~ log_ratio_variance('others')),
        ('all', 'citywide_reports', log_share_variance()),
    ] %}
    {%- set ratio = '(1e0 * hispanic_reports / nullif(hispanic_reports_before, 0)) * (1e0 * ' ~ other ~ '_before / nullif(' ~ other ~ ', 0))' %}
    case when group_comparability = 'comparable' then 100.0 * ({{ ratio }} - 1.0) end as beside_{{ whom }}_percent,
    {%- for side, name in [('-', 'low'), ('+', 'high')] %}
    case when group_comparability = 'comparable' then {{ change_bound(ratio, variance, side) }} end as beside_{{ whom }}_{{ name }},
    {%- endfor %}
    {%- endfor %}
    {% for group in ['hispanic', 'others'] %}
    case when group_comparability = 'comparable' then {{ group }}_dispersion end as {{ group }}_dispersion,
    {% endfor %}
    is_across_break,
    break_reason,
    comparability,
    group_comparability
from judged
