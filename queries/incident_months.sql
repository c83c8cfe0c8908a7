-- question: How many reports of sexual assault and domestic violence did each city's police take, month by month, in all and from Hispanic victims?
-- about: incidents
-- caveat: These are reports, not crimes. What one record stands for differs by series; never add series. Only New York and Los Angeles publish the victim's ethnicity (Los Angeles in two series: of reports to 2024-03, of victims from 2024-06 on): null means not published, never 0.
-- caveat: Do not compare a month with a break, or one that is not complete. A city without months is not captured (none is in the recorded edition), not a city without reports.
-- column: city (count): Reports of the month, whoever the victim is. Null if the month is not captured.
-- column: hispanic (count): Reports of the month by victims whom the police recorded as Hispanic. Null if not captured or not published (not zero).
-- column: not_told (count): Reports of the month whose victim's ethnicity is not recorded, or recorded by a code of unknown meaning. Null if not captured or not published.
with cities as (
    select distinct city_code from reference.incident_sets
)

select
    cities.city_code,
    coalesce(months.series, 'nothing captured') as series,
    months.month_start,
    months.offense_family,
    max(case when months.victim_group = 'citywide' then months.reports end) as city,
    max(case when months.victim_group = 'hispanic' then months.reports end) as hispanic,
    sum(case when months.victim_group in ('ethnicity_unknown', 'meaning_unknown') then months.reports end) as not_told,
    months.date_basis,
    months.is_month_complete,
    months.break_reason
from cities
left join core.fct_incident_month_total as months
    on cities.city_code = months.city_code and months.offense_family in ('sexual_assault', 'domestic_violence')
group by
    cities.city_code, months.series, months.month_start, months.offense_family, months.date_basis,
    months.is_month_complete, months.break_reason
order by cities.city_code, months.series, months.offense_family, months.month_start;
