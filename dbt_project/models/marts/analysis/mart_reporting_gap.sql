with windows as (
    select
        survey_year as first_year,
        survey_year as last_year,
        'year' as window_kind,
        survey_year
    from (select distinct survey_year from {{ ref('fct_victimization_reporting') }}) as years
    union all
    select
        years.survey_year as first_year,
        years.survey_year + 2 as last_year,
        'three years' as window_kind,
        years.survey_year + steps.step as survey_year
    from (select distinct survey_year from {{ ref('fct_victimization_reporting') }}) as years
    cross join (select 0 as step union all select 1 as step union all select 2 as step) as steps
),

-- a three-year window stands only where all three years were surveyed
pooled as (
    select
        windows.first_year,
        windows.last_year,
        windows.window_kind,
        reporting.victim_group,
        reporting.offense_family,
        count(*) as years_found,
        sum(reporting.victimizations_interviewed) as interviewed,
        sum(reporting.victimizations_weighted) as weighted,
        sum(reporting.reported_weighted) as reported
    from windows
    inner join {{ ref('fct_victimization_reporting') }} as reporting
        on windows.survey_year = reporting.survey_year
    where reporting.victim_group in ('hispanic', 'non_hispanic')
    group by
        windows.first_year, windows.last_year, windows.window_kind, reporting.victim_group, reporting.offense_family
),

shares as (
    select
        pooled.*,
        case when weighted > 0 then 100.0 * reported / weighted end as percent_reported
    from pooled
    where years_found = last_year - first_year + 1
),

paired as (
    select
        hispanic.first_year,
        hispanic.last_year,
        hispanic.window_kind,
        hispanic.offense_family,
        hispanic.interviewed as hispanic_interviewed,
        hispanic.percent_reported as hispanic_percent_reported,
        {{ reporting_half_interval('hispanic.percent_reported', 'hispanic.interviewed') }} as hispanic_half_interval,
        others.interviewed as others_interviewed,
        others.percent_reported as others_percent_reported,
        {{ reporting_half_interval('others.percent_reported', 'others.interviewed') }} as others_half_interval
    from shares as hispanic
    inner join shares as others
        on
            hispanic.first_year = others.first_year
            and hispanic.last_year = others.last_year
            and hispanic.offense_family = others.offense_family
            and others.victim_group = 'non_hispanic'
    where hispanic.victim_group = 'hispanic'
)

select
    {{ surrogate_key(['first_year', 'last_year', 'offense_family']) }} as reporting_gap_key,
    cast(first_year as int) as first_year,
    cast(last_year as int) as last_year,
    window_kind,
    offense_family,
    cast(hispanic_interviewed as bigint) as hispanic_interviewed,
    cast(hispanic_percent_reported as double) as hispanic_percent_reported,
    cast(hispanic_half_interval as double) as hispanic_half_interval,
    cast(others_interviewed as bigint) as others_interviewed,
    cast(others_percent_reported as double) as others_percent_reported,
    cast(others_half_interval as double) as others_half_interval,
    cast(hispanic_percent_reported - others_percent_reported as double) as gap_points,
    cast(sqrt(hispanic_half_interval * hispanic_half_interval + others_half_interval * others_half_interval) as double)
        as gap_half_interval,
    case
        when hispanic_interviewed < 10 or others_interviewed < 10 then 'too few to print'
        when
            abs(hispanic_percent_reported - others_percent_reported)
            > sqrt(hispanic_half_interval * hispanic_half_interval + others_half_interval * others_half_interval)
            then 'differs'
        else 'cannot be told apart'
    end as reading
from paired
