-- What fct_victimization_reporting_total holds is what the parts add up to: all victims of each offence, and all violence
-- of each group.
with survey as (
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

select
    calendar_year,
    victim_group,
    offense_family,
    total,
    parts
from survey
where parts is null or abs(total - parts) > 0.000001 * total
