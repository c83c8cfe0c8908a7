-- question: How did Hispanic victims in an agency's incident files move since the same months of the year before, beside other victims and beside all?
-- title: How did Hispanic victims of {offense} in the incident files of {jurisdiction} move since the same months of the year before ({window}), beside other victims and beside all?
-- about: victims
-- parameter: jurisdiction=LA (place)
-- parameter: offense=all_offenses (victim_family)
-- parameter: window=three months (window)
-- parameter: rows=compared (which_rows)
-- caveat: Victims in the files that an agency sent to the FBI (NIBRS), by month of the incident: no file says when somebody reported. Fewer victims are neither fewer crimes nor proof of fear.
-- caveat: Counts are of the whole window: of the month, of the three months that end with it, or of the year up to it. Windows of neighboring rows overlap: never add them.
-- caveat: A February of 29 days is a day longer than the next: a count falls from 2016 to 2017 by 3.4 percent in February, and by 1.1 in January to March, by the calendar alone. One group beside another is not touched by it.
-- caveat: Only windows whose groups can be compared are shown. With rows=all the others are, too, and `group_comparability` says why each is not compared. Counts of 1 to 4 are never shown.
-- caveat: beside_others is the ratio of Hispanic victims to those a year before, divided by that of other victims, less 1, with a 95% interval that allows for months that scatter more than chance. An interval on both sides of 0 decides nothing.
-- column: month_start: The month, or the last month of the window, by its first day. Never null.
-- column: hispanic_before (count): Victims in the same months of the year before whom the police recorded as Hispanic. Null if not captured, or too small to show (not zero).
-- column: hispanic (count): Victims of the window whom the police recorded as Hispanic. Null if not captured, or too small to show (not zero).
-- column: others_before (count): Victims in the same months of the year before whom the police recorded as not Hispanic. Null if not captured, or too small to show (not zero).
-- column: others (count): Victims of the window whom the police recorded as not Hispanic. Null if not captured, or too small to show (not zero).
-- column: all_before (count): Victims in the same months of the year before, also those of unknown ethnicity. Null if not captured or too small to show.
-- column: all_victims (count): Victims of the window, also those of unknown ethnicity. Null if not captured or too small to show.
-- column: beside_others (percent): Hispanic victims as a ratio to those a year before, divided by the same ratio of the others, less 1: -20 means a fifth below what it would be if it had moved like the others. Null unless groups are comparable.
-- column: low (percent): Low end of the 95% interval of beside_others. Null unless groups are comparable.
-- column: high (percent): High end of the 95% interval of beside_others. Null unless groups are comparable.
-- column: beside_all (percent): Change of the Hispanic share of all victims, in percent of that share. Null unless groups are comparable.
select
    gap.ori,
    agencies.agency_name,
    gap.month_start,
    gap.hispanic_reports_before as hispanic_before,
    gap.hispanic_reports as hispanic,
    gap.others_reports_before as others_before,
    gap.others_reports as others,
    gap.citywide_reports_before as all_before,
    gap.citywide_reports as all_victims,
    round(gap.beside_others_percent, 1) as beside_others,
    round(gap.beside_others_low, 1) as low,
    round(gap.beside_others_high, 1) as high,
    round(gap.beside_all_percent, 1) as beside_all,
    round(gap.known_share, 3) as known_share,
    gap.group_comparability
from analysis.mart_reporting_gap as gap
join core.dim_agency as agencies using (agency_key)
join core.dim_jurisdiction as units on gap.jurisdiction_key = units.jurisdiction_key
join core.dim_jurisdiction as asked on asked.jurisdiction_key = $jurisdiction
where gap.ori is not null and gap.offense_family = $offense and gap.window_kind = $window
    and (gap.jurisdiction_key = $jurisdiction or (asked.level = 'state' and agencies.state_code = asked.state_code))
    and ($rows = 'all' or gap.group_comparability = 'comparable')
    and gap.comparability not in ('the same months a year before are not captured in this series', 'a month of the window is not captured')
order by gap.ori, gap.month_start;
