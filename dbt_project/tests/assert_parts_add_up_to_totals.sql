-- What the facts of totals hold is what the parts add up to: of a city's month, each family in each victim group and in
-- the whole city; of the survey, all victims of each offence, and all violence of each group.
with parts as (
    select city_code, series, month_start, 'all_reports' as offense_family, victim_group, reports
    from {{ ref('fct_incident_month') }}
    union all
    select city_code, series, month_start, 'sexual_assault' as offense_family, victim_group, reports
    from {{ ref('fct_incident_month') }}
    where is_sexual_assault
    union all
    select city_code, series, month_start, 'domestic_violence' as offense_family, victim_group, reports
    from {{ ref('fct_incident_month') }}
    where is_domestic_violence
),

incidents as (
    select
        totals.city_code,
        totals.series,
        totals.month_start,
        totals.offense_family,
        totals.victim_group,
        max(totals.reports) as total,
        sum(coalesce(parts.reports, 0)) as parts
    from {{ ref('fct_incident_month_total') }} as totals
    left join parts
        on
            totals.city_code = parts.city_code
            and totals.series = parts.series
            and totals.month_start = parts.month_start
            and totals.offense_family = parts.offense_family
            and (totals.victim_group = 'citywide' or totals.victim_group = parts.victim_group)
    group by totals.city_code, totals.series, totals.month_start, totals.offense_family, totals.victim_group
),

survey as (
    select
        totals.calendar_year,
        totals.victim_group,
        totals.offense_family,
        max(totals.victimizations_weighted) as total,
        sum(parts.victimizations_weighted) as parts
    from {{ ref('fct_victimization_reporting_total') }} as totals
    left join {{ ref('fct_victimization_reporting') }} as parts
        on
            totals.calendar_year = parts.calendar_year
            and (totals.victim_group = 'all' or totals.victim_group = parts.victim_group)
            and (
                totals.offense_family = parts.offense_family
                or (totals.offense_family = 'all_violent' and parts.offense_family <> 'personal_theft')
            )
    where totals.offense_family not in ('domestic_violence', 'intimate_partner_violence')
    group by totals.calendar_year, totals.victim_group, totals.offense_family
)

select 'core.fct_incident_month_total' as fact, offense_family as part_of, total, parts
from incidents
where total <> parts
union all
select 'core.fct_victimization_reporting_total' as fact, offense_family as part_of, total, parts
from survey
where parts is null or abs(total - parts) > 0.000001 * total
