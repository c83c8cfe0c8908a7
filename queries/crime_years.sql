-- question: Which whole years of reported offenses does a city have, from which source, and may they be compared?
-- title: Which whole years of {offense} were reported in {jurisdiction}, from which source, and may they be compared?
-- about: crime_years
-- parameter: jurisdiction=Chicago (place)
-- parameter: offense=ROB (fbi_offense)
-- caveat: These are reported offenses, not all offenses. Partial years have no count. The two sources count the same reports: never add their rows.
-- caveat: Some agencies serve more than their city, as Las Vegas's does: see place_name, population and agency_covers. A table's row may be such an agency's, too.
-- column: source_kind: months, if the year is the sum of the agency's months; annual table, if it is as printed in the FBI's Table 8. Never add the two. Never null.
-- column: place_name: Name of the agency, or of the place in the annual table.
-- column: offenses (count): Offenses reported in the year. Null if the year is not known whole (not zero).
-- column: per_100k (offenses for 100,000 people): Offenses of the year for 100,000 people. Null if the offenses or the people are unknown.
-- column: population (people): People whom the FBI counts under the row's agency; a rate is of them, and they need not be the city's. Null if none are given.
-- column: agency_covers: Whether the agency serves the city, less or more than it. Null of a row of the annual table, which names no agency's unit.
-- column: coverage: What is known of the year. Null where nothing is said of it.
-- column: series: Way of counting. Never compare or add two series.
with years as (
    select
        calendar_year,
        'months' as source_kind,
        agency_name as place_name,
        offenses,
        offenses_per_100k,
        population,
        agency_coverage as agency_covers,
        months_covered,
        coverage,
        series,
        break_reason
    from core.fct_crime_year
    where jurisdiction_key = $jurisdiction and fbi_offense_code = $offense
    union all
    select
        calendar_year,
        'annual table' as source_kind,
        place_name,
        offenses,
        offenses_per_100k,
        population,
        null as agency_covers,
        null as months_covered,
        coverage,
        series,
        break_reason
    from core.fct_crime_year_printed
    where jurisdiction_key = $jurisdiction and fbi_offense_code = $offense
)

select
    calendar_year,
    source_kind,
    place_name,
    offenses,
    round(offenses_per_100k, 1) as per_100k,
    population,
    agency_covers,
    months_covered,
    coverage,
    series,
    break_reason
from years
order by calendar_year, source_kind, place_name, series;
