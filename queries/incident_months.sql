-- question: How many reports did each city's police take, month by month, of sexual assault and domestic violence: in all, and of Hispanic victims?
-- about: incidents
-- caveat: Reports, not crimes; what one record stands for differs by series, and no series may be added to another. Only Los Angeles (to 2024-03) and New York publish the victim's ethnicity: null is not published, never 0.
-- caveat: A month that is a break or not complete bears no comparison. A city without a month is not captured (none is in the recorded edition): it is no city without reports.
with cities as (
    select distinct city_code from reference.incident_sets
)

select
    cities.city_code,
    coalesce(months.series, 'nothing captured') as series,
    months.report_month,
    months.offense_family,
    max(case when months.victim_group = 'citywide' then months.reports end) as city,
    max(case when months.victim_group = 'hispanic' then months.reports end) as hispanic,
    max(case when months.victim_group = 'ethnicity_unknown' then months.reports end) as not_told,
    months.date_basis,
    months.is_month_complete,
    months.break_reason
from cities
left join core.fct_incident_month_total as months
    on cities.city_code = months.city_code and months.offense_family in ('sexual_assault', 'domestic_violence')
group by
    cities.city_code, months.series, months.report_month, months.offense_family, months.date_basis,
    months.is_month_complete, months.break_reason
order by cities.city_code, months.series, months.offense_family, months.report_month;
