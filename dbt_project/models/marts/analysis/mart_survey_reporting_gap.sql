-- The survey's percentages for Hispanic victims and for all others, by year and pooled over three.
with years as (
    select distinct calendar_year
    from {{ ref('int_crime__victimization_reporting') }}
),

spans as (
    select 'year' as window_kind, 1 as years_wanted, 0 as step
    {% for step in range(3) %}
    union all
    select 'three years' as window_kind, 3 as years_wanted, {{ step }} as step
    {% endfor %}
),

windows as (
    select
        years.calendar_year as first_year,
        years.calendar_year + spans.years_wanted - 1 as last_year,
        spans.window_kind,
        spans.years_wanted,
        members.calendar_year,
        count(*) over (partition by years.calendar_year, spans.window_kind) as years_surveyed
    from years
    cross join spans
    inner join years as members
        on years.calendar_year + spans.step = members.calendar_year
),

pooled as (
    select
        windows.first_year,
        windows.last_year,
        windows.window_kind,
        reporting.victim_group,
        reporting.offense_family,
        sum(reporting.victimizations_interviewed) as interviewed,
        {{ exact_sum('reporting.victimizations_weighted') }} as weighted,
        {{ exact_sum('reporting.reported_weighted') }} as reported
    from windows
    inner join {{ ref('int_crime__victimization_reporting') }} as reporting
        on windows.calendar_year = reporting.calendar_year
    where
        reporting.victim_group in ('hispanic', 'non_hispanic')
        -- a window stands only where each of its years was surveyed
        and windows.years_surveyed = windows.years_wanted
    group by
        windows.first_year, windows.last_year, windows.window_kind, reporting.victim_group, reporting.offense_family
),

measured as (
    select
        pooled.*,
        100.0 * pooled.reported / pooled.weighted as percent_reported,
        effects.design_effect
    from pooled
    inner join {{ ref('survey_design_effects') }} as effects
        on pooled.window_kind = effects.window_kind and pooled.victim_group = effects.victim_group
    where pooled.weighted > 0
),

bounded as (
    select
        measured.*,
        {{ reporting_bound('percent_reported', 'interviewed', 'low', 'design_effect') }} as percent_low,
        {{ reporting_bound('percent_reported', 'interviewed', 'high', 'design_effect') }} as percent_high,
        {{ needs_caution('percent_reported', 'interviewed', 'design_effect') }} as is_weak
    from measured
),

-- a window that holds years on both sides of a break, or a year that stands alone beside another
broken as (
    select
        spans_of_windows.first_year,
        spans_of_windows.last_year,
        {{ joined('breaks.reason') }} as break_reason,
        {{ joined('breaks.citation') }} as break_citation
    from (select distinct first_year, last_year from windows) as spans_of_windows
    inner join {{ ref('survey_breaks') }} as breaks
        on
            spans_of_windows.last_year > spans_of_windows.first_year
            and breaks.broken_year <= spans_of_windows.last_year
            and (
                breaks.broken_year > spans_of_windows.first_year
                or (breaks.stands_alone and breaks.broken_year = spans_of_windows.first_year)
            )
    group by spans_of_windows.first_year, spans_of_windows.last_year
),

surveyed as (
    select
        hispanic.first_year,
        hispanic.last_year,
        hispanic.window_kind,
        hispanic.offense_family,
        hispanic.interviewed as hispanic_interviewed,
        hispanic.percent_reported as hispanic_percent_reported,
        hispanic.percent_low as hispanic_percent_low,
        hispanic.percent_high as hispanic_percent_high,
        hispanic.design_effect as hispanic_design_effect,
        others.design_effect as others_design_effect,
        others.interviewed as others_interviewed,
        others.percent_reported as others_percent_reported,
        others.percent_low as others_percent_low,
        others.percent_high as others_percent_high,
        hispanic.percent_reported - others.percent_reported as gap_points,
        -- the difference of two intervals that are not symmetric: Newcombe's square-and-add
        hispanic.percent_reported - others.percent_reported - sqrt(
            (hispanic.percent_reported - hispanic.percent_low) * (hispanic.percent_reported - hispanic.percent_low)
            + (others.percent_high - others.percent_reported) * (others.percent_high - others.percent_reported)
        ) as gap_low,
        hispanic.percent_reported - others.percent_reported + sqrt(
            (hispanic.percent_high - hispanic.percent_reported) * (hispanic.percent_high - hispanic.percent_reported)
            + (others.percent_reported - others.percent_low) * (others.percent_reported - others.percent_low)
        ) as gap_high,
        hispanic.is_weak or others.is_weak as is_weak
    from bounded as hispanic
    inner join bounded as others
        on
            hispanic.first_year = others.first_year
            and hispanic.last_year = others.last_year
            and hispanic.offense_family = others.offense_family
            and others.victim_group = 'non_hispanic'
    where hispanic.victim_group = 'hispanic'
)

select
    {{ surrogate_key(['surveyed.first_year', 'surveyed.last_year', 'surveyed.offense_family']) }} as survey_reporting_gap_key,
    {{ surrogate_key(['offense_family']) }} as offense_key,
    cast(surveyed.first_year as int) as first_year,
    cast(surveyed.last_year as int) as last_year,
    window_kind,
    offense_family,
    cast(hispanic_interviewed as bigint) as hispanic_interviewed,
    cast(hispanic_percent_reported as double) as hispanic_percent_reported,
    cast(hispanic_percent_low as double) as hispanic_percent_low,
    cast(hispanic_percent_high as double) as hispanic_percent_high,
    cast(others_interviewed as bigint) as others_interviewed,
    cast(others_percent_reported as double) as others_percent_reported,
    cast(others_percent_low as double) as others_percent_low,
    cast(others_percent_high as double) as others_percent_high,
    cast(hispanic_design_effect as double) as hispanic_design_effect,
    cast(others_design_effect as double) as others_design_effect,
    cast(gap_points as double) as gap_points,
    cast(gap_low as double) as gap_low,
    cast(gap_high as double) as gap_high,
    case
        when is_weak then 'interpret with caution'
        when gap_low > 0 or gap_high < 0 then 'differs'
        else 'cannot be told apart'
    end as reading,
    broken.first_year is not null as is_break,
    broken.break_reason,
    broken.break_citation
from surveyed
left join broken
    on surveyed.first_year = broken.first_year and surveyed.last_year = broken.last_year
