-- question: What did the police of a city report by month, and may the months be compared?
-- title: How much {offense} did the police of {jurisdiction} report by month, and may the months be compared?
-- about: crime
-- parameter: jurisdiction=Los Angeles (place)
-- parameter: offense=RPE (fbi_offense)
-- caveat: These are reported offenses, not all offenses. A month without a count is not zero; coverage says why.
-- caveat: Some agencies serve more than their city: see agency_covers. A new series, or a break, is not a change of crime.
-- column: per_100k (offenses for 100,000 people): Offenses of the month for 100,000 people whom the agency covers. Null if the offenses or the people are unknown.
-- column: agency_covers: Which part of the jurisdiction the agency polices. Null if it is not known.
select
    months.month_start,
    months.fbi_offense_code,
    months.offenses,
    months.cleared,
    round(months.offenses_per_100k, 1) as per_100k,
    months.coverage,
    months.series,
    months.break_reason,
    agencies.agency_name,
    agencies.coverage as agency_covers
from core.fct_crime_month as months
join core.dim_agency as agencies using (agency_key)
where months.jurisdiction_key = $jurisdiction and months.fbi_offense_code = $offense
order by agencies.agency_name, months.month_start;
