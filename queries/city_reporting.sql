-- question: How did reports to a city's police change since the same months of the year before, by Hispanic victims, by others, and in the city as a whole?
-- title: How did reports of {offense} to the police of {jurisdiction} change since the same months of the year before ({window}), by Hispanic victims, by others, and in the city as a whole?
-- about: incidents
-- parameter: jurisdiction=Los Angeles (place)
-- parameter: offense=sexual_assault (report_family)
-- parameter: window=year to date (window)
-- caveat: Fewer reports do not prove fear, nor less crime. Always read a group's change beside that of the whole city.
-- caveat: A change is empty if the series breaks between the months, or if a month is missing or not complete; `comparability` says which.
-- caveat: Counts are of the whole window: of the month, of the three months that end with it, or of the year up to it. Windows of neighboring rows overlap: never add them.
-- caveat: A February of 29 days is a day longer than the next: a count falls from 2016 to 2017 by 3.4 percent in February, and by 1.1 in January to March, by the calendar alone. One group beside another is not touched by it.
-- caveat: `LAPD collisions` are traffic collisions by month of occurrence, a placebo: no crime. counted_what and date_basis say what each series counts, and by which day.
-- caveat: Printed figures are shown beside ours, in the row of the month in which their period ends; the period may end within that month (printed_period in analysis.mart_reporting_gap). `published figures only`: nothing captured can check the figure.
-- column: month_start: The month, or the last month of the window, by its first day. Never null.
-- column: printed_hispanic (percent): Change of reports by Hispanic victims as the police printed it. Null if nothing was printed.
-- column: printed_beside (percent): Change of the group that the publication prints beside it. Null if nothing was printed.
select
    series,
    counted_what,
    date_basis,
    month_start,
    hispanic_reports,
    others_reports,
    citywide_reports,
    round(hispanic_change_percent, 1) as hispanic_change_percent,
    round(others_change_percent, 1) as others_change_percent,
    round(citywide_change_percent, 1) as citywide_change_percent,
    comparability,
    break_reason,
    printed_hispanic_change_percent as printed_hispanic,
    printed_beside_change_percent as printed_beside,
    printed_beside_group,
    printed_agreement
from analysis.mart_reporting_gap
where ori is null and jurisdiction_key = $jurisdiction and offense_family = $offense and window_kind = $window
order by series, month_start;
