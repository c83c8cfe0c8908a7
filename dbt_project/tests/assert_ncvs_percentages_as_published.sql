-- BJS's own figures, where the year is captured: percent of victimizations reported to the police, to 0.1.
-- 2014 by offence: Criminal Victimization, 2014 (NCJ 248973), table 6; all violence since 2016: the issues of Criminal
-- Victimization for those years; by ethnicity over three years: the sums of the public microdata (sources.md).
with published as (
    select 2014 as first_year, 2014 as last_year, 'all' as victim_group, 'all_violent' as offense_family, 46.0 as percent
    union all
    select 2014, 2014, 'all', 'rape_sexual_assault', 33.6
    union all
    select 2014, 2014, 'all', 'robbery', 60.9
    union all
    select 2014, 2014, 'all', 'aggravated_assault', 58.4
    union all
    select 2014, 2014, 'all', 'simple_assault', 40.0
    union all
    select 2016, 2016, 'all', 'all_violent', 43.9
    union all
    select 2017, 2017, 'all', 'all_violent', 44.9
    union all
    select 2018, 2018, 'all', 'all_violent', 42.6
    union all
    select 2019, 2019, 'all', 'all_violent', 40.9
    union all
    select 2020, 2020, 'all', 'all_violent', 40.2
    union all
    select 2021, 2021, 'all', 'all_violent', 45.6
    union all
    select 2014, 2016, 'hispanic', 'all_violent', 51.0
    union all
    select 2017, 2019, 'hispanic', 'all_violent', 43.9
    union all
    select 2014, 2016, 'non_hispanic', 'all_violent', 44.5
    union all
    select 2017, 2019, 'non_hispanic', 'all_violent', 42.5
),

computed as (
    select
        published.first_year,
        published.last_year,
        published.victim_group,
        published.offense_family,
        published.percent,
        count(*) as years_captured,
        100.0 * sum(reporting.reported_weighted) / sum(reporting.victimizations_weighted) as computed_percent
    from published
    inner join {{ ref('int_crime__victimization_reporting') }} as reporting
        on
            reporting.calendar_year between published.first_year and published.last_year
            and published.victim_group = reporting.victim_group
            and published.offense_family = reporting.offense_family
    group by
        published.first_year, published.last_year, published.victim_group, published.offense_family, published.percent
)

select *
from computed
where years_captured = last_year - first_year + 1 and abs(computed_percent - percent) > 0.1
