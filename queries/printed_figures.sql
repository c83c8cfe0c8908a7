-- question: What did the police print about reports by Hispanic victims in 2017, beside other victims or the city as a whole?
-- about: printed
-- caveat: Figures are as printed. How they were counted is known only as far as the row says.
-- caveat: Fewer reports do not mean fewer crimes, and do not prove fear.
-- caveat: Calls for service, other years and papers by researchers are in core.fct_published_statistic, too.
-- column: printed_by: Who printed the figures, of the police that they are of.
-- column: hispanic_change_percent (percent): Change of reports with Hispanic victims, against the same months of 2016, as printed. Never null.
-- column: beside_it_percent (percent): Change that the publication prints beside it, of beside_it. Null if it prints none.
-- column: beside_it: Group of beside_it_percent: Citywide (Hispanic victims are in it) or Non-Hispanic. Null if there is none.
-- column: beside_it_in_words: What the publication says beside it in words. Null if nothing.
select
    entity,
    offense_group,
    period_as_printed,
    max(figure) filter (where victim_group = 'Hispanic') as hispanic_change_percent,
    coalesce(
        max(figure) filter (where victim_group = 'Non-Hispanic'), max(figure) filter (where victim_group = 'Citywide')
    ) as beside_it_percent,
    max(victim_group) filter (where victim_group in ('Citywide', 'Non-Hispanic')) as beside_it,
    max(comparison_given) filter (where victim_group = 'Hispanic') as beside_it_in_words,
    string_agg(distinct publisher, '; ' order by publisher) as printed_by
from core.fct_published_statistic
where subject = 'crime_reporting' and measure = 'change' and unit = 'percent' and year(period_from) = 2017
group by entity, offense_group, period_as_printed
having count(*) filter (where victim_group = 'Hispanic') > 0
order by entity, offense_group, period_as_printed;
