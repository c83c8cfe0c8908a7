-- question: What did the police print about reports by Hispanic victims in 2017, beside the city as a whole?
-- about: printed
-- caveat: Figures are as printed. How they were counted is known only as far as the row says.
-- caveat: Fewer reports do not mean fewer crimes, and do not prove fear.
-- column: hispanic_change_percent (percent): Change of reports with Hispanic victims as printed. Null if it is not printed.
-- column: beside_it_percent (percent): Change that the publication prints beside it, of beside_it. Null if it prints none.
-- column: beside_it: Group of beside_it_percent: Citywide or Non-Hispanic. Null if there is none.
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
