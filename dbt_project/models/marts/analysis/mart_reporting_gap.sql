{%- set counts, doubles = reporting_counts(), reporting_measures() %}
-- Reports to a city's police, and victims in an agency's incident files: Hispanic, others and all, each beside the same
-- months a year before; the survey and the printed figures stand beside them and are never mixed in. Where a print has no
-- incidents beside it, it stands alone and says so.
with printed as (
    select
        city_code,
        month_start,
        offense_family,
        window_kind,
        max(jurisdiction_key) as jurisdiction_key,
        max(offense_key) as offense_key,
        max(publisher) as printed_by,
        max(period_as_printed) as printed_period,
        max(case when victim_group = 'Hispanic' then figure end) as hispanic_change,
        -- one group is beside: the other victims, or else the whole city
        coalesce(
            max(case when victim_group = 'Non-Hispanic' then figure end), max(case when victim_group = 'Citywide' then figure end)
        ) as beside_change,
        case
            when max(case when victim_group = 'Non-Hispanic' then figure end) is not null then 'Non-Hispanic'
            when max(case when victim_group = 'Citywide' then figure end) is not null then 'Citywide'
        end as beside_group,
        -- agreement is of all that the print says of the window: one figure that differs is no agreement
        case
            when max(case when agreement = 'differs' then 1 else 0 end) = 1 then 'differs'
            when min(case when agreement = 'agrees' then 1 else 0 end) = 1 then 'agrees'
            when max(case when agreement = 'published figures only' then 1 else 0 end) = 1 then 'published figures only'
            else 'not comparable'
        end as agreement
    from {{ ref('mart_published_agreement') }}
    where measure = 'change' and unit = 'percent' and window_kind is not null
    group by city_code, month_start, offense_family, window_kind
),

alone as (
    select printed.*
    from printed
    left join {{ ref('int_crime__report_windows') }} as windows
        on
            printed.city_code = windows.city_code
            and printed.month_start = windows.month_start
            and printed.offense_family = windows.offense_family
            and printed.window_kind = windows.window_kind
    where windows.city_code is null
),

windows as (
    select
        city_code,
        ori,
        agency_key,
        counted_what,
        series,
        month_start,
        offense_family,
        window_kind,
        jurisdiction_key,
        offense_key,
        months_in_window,
        window_from,
        counted_from,
        date_basis,
        is_complete,
        {% for name in counts + doubles %}
        {{ name }},
        {% endfor %}
        is_across_break,
        break_reason,
        comparability,
        group_comparability
    from {{ ref('int_crime__reporting_changes') }}
    union all
    select
        city_code,
        cast(null as {{ dbt.type_string() }}) as ori,
        {{ unknown_key() }} as agency_key,
        'reports' as counted_what,
        'none captured' as series,
        month_start,
        offense_family,
        window_kind,
        jurisdiction_key,
        offense_key,
        cast(null as bigint) as months_in_window,
        cast(null as date) as window_from,
        cast(null as {{ dbt.type_string() }}) as counted_from,
        cast(null as {{ dbt.type_string() }}) as date_basis,
        false as is_complete,
        {% for name in counts %}
        cast(null as bigint) as {{ name }},
        {% endfor %}
        {% for name in doubles %}
        cast(null as double) as {{ name }},
        {% endfor %}
        false as is_across_break,
        cast(null as {{ dbt.type_string() }}) as break_reason,
        'published figures only' as comparability,
        'published figures only' as group_comparability
    from alone
),

surveyed as (
    select
        counterparts.offense_family,
        counterparts.survey_family,
        survey.first_year,
        survey.last_year,
        survey.hispanic_interviewed,
        survey.hispanic_percent_reported,
        survey.others_interviewed,
        survey.others_percent_reported,
        survey.reading,
        survey.break_reason
    from {{ ref('survey_counterparts') }} as counterparts
    inner join {{ ref('mart_survey_reporting_gap') }} as survey
        on counterparts.survey_family = survey.offense_family and survey.window_kind = 'three years'
)

select
    {{ surrogate_key([
        "coalesce(windows.city_code, windows.ori)", 'windows.series', 'windows.month_start', 'windows.offense_family',
        'windows.window_kind'
    ]) }} as reporting_gap_key,
    windows.jurisdiction_key,
    windows.offense_key,
    {{ date_key('windows.month_start') }} as month_date_key,
    windows.city_code,
    windows.ori,
    windows.agency_key,
    windows.series,
    windows.counted_what,
    windows.month_start,
    windows.offense_family,
    windows.window_kind,
    cast(windows.months_in_window as int) as months_in_window,
    windows.window_from,
    {% for name in counts %}
    cast(windows.{{ name }} as bigint) as {{ name }},
    {% endfor %}
    {% for name in doubles %}
    cast(windows.{{ name }} as double) as {{ name }},
    {% endfor %}
    cast(windows.hispanic_change_percent - windows.others_change_percent as double) as gap_points,
    windows.comparability,
    windows.group_comparability,
    windows.is_complete,
    windows.is_across_break as is_break,
    windows.break_reason,
    windows.counted_from,
    windows.date_basis,
    surveyed.survey_family,
    cast(surveyed.first_year as int) as survey_first_year,
    cast(surveyed.last_year as int) as survey_last_year,
    surveyed.hispanic_interviewed as survey_hispanic_interviewed,
    surveyed.hispanic_percent_reported as survey_hispanic_percent_reported,
    surveyed.others_interviewed as survey_others_interviewed,
    surveyed.others_percent_reported as survey_others_percent_reported,
    surveyed.reading as survey_reading,
    surveyed.break_reason as survey_break_reason,
    printed.printed_by,
    printed.printed_period,
    cast(printed.hispanic_change as double) as printed_hispanic_change_percent,
    cast(printed.beside_change as double) as printed_beside_change_percent,
    printed.beside_group as printed_beside_group,
    printed.agreement as printed_agreement
from windows
left join printed
    on
        windows.city_code = printed.city_code
        and windows.month_start = printed.month_start
        and windows.offense_family = printed.offense_family
        and windows.window_kind = printed.window_kind
left join surveyed
    on
        windows.offense_family = surveyed.offense_family
        and extract(year from windows.month_start) = surveyed.last_year
