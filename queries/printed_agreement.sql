-- question: Do the incidents of the same months give what the police of a city printed?
-- about: printed
-- caveat: Incidents are counted by month: a print of part of a month is not compared. Agreement allows 1 point of percent, or 2 percent of a count.
-- caveat: `published figures only`: no incident of the period is captured, and the figure is checked by nothing.
select
    publisher,
    offense_family,
    victim_group,
    period_as_printed,
    unit,
    figure as printed,
    round(computed, 1) as computed,
    agreement,
    why
from analysis.mart_published_agreement
order by publisher, offense_family, period_to, victim_group, unit;
