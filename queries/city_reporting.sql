-- question: How did reports to a city's police move on the same months a year before, with Hispanic victims, others, and in the city as a whole?
-- title: How did reports of {offense} to the police of {jurisdiction} move on the same months a year before, with Hispanic victims, others, and in the city as a whole?
-- about: incidents
-- parameter: jurisdiction=Los Angeles (place)
-- parameter: offense=sexual_assault (report_family)
-- parameter: window=year to date (window)
-- caveat: Fewer reports is not proof of fear, nor of less crime. Read the group's change beside the whole city's, always.
-- caveat: A change is empty where a series breaks between, a month is missing or open: `comparability` says which.
-- caveat: A printed figure stands beside ours; `published figures only` is a figure that nothing captured checks.
select
    series,
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
where jurisdiction_key = $jurisdiction and offense_family = $offense and window_kind = $window
order by series, month_start;
