-- question: What did the police print about reports by Hispanic victims in 2017, beside the city as a whole?
-- about: printed
-- caveat: Figures are as printed. How they were counted is known only as far as the row says.
-- caveat: Fewer reports do not mean fewer crimes, and do not prove fear.
select
    publisher,
    offense_group,
    period_as_printed,
    max(figure) filter (where victim_group = 'Hispanic') as hispanic_change_percent,
    max(figure) filter (where victim_group in ('Citywide', 'Non-Hispanic')) as beside_it_percent,
    max(victim_group) filter (where victim_group <> 'Hispanic') as beside_it
from core.fct_published_statistic
where subject = 'crime_reporting' and unit = 'percent'
group by publisher, offense_group, period_as_printed
order by publisher, offense_group, period_as_printed;
