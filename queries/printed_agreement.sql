-- question: Do the incidents of the same months agree with what a city's police printed?
-- about: printed
-- caveat: Incidents are counted by month, so a printed figure for part of a month is not compared. Agreement allows 1 percentage point, 2 percent of a count, or, of a printed difference, 1 percent of the count of the year before.
-- caveat: `published figures only`: no incident of the period is captured, so nothing checks the figure.
-- column: printed (as the column unit says): Figure as it was printed. Never null.
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
