-- question: How many reports did each city's police take, month by month, of sexual assault and domestic violence: in all, and of Hispanic victims?
-- caveat: Reports, not crimes; what one record stands for differs by series. Only Los Angeles (to 2024-03) and New York publish the victim's ethnicity: null is not published, never 0. Months flagged as breaks or not complete are left out of no row and bear no comparison. Nothing is captured in the recorded edition.
select
    city_code,
    series,
    report_month,
    offense_family,
    max(case when victim_group = 'citywide' then reports end) as city,
    max(case when victim_group = 'hispanic' then reports end) as hispanic,
    max(case when victim_group = 'unknown' then reports end) as not_told,
    date_basis,
    is_month_complete,
    break_reason
from core.fct_incident_month
where offense_family in ('sexual_assault', 'domestic_violence')
group by city_code, series, report_month, offense_family, date_basis, is_month_complete, break_reason
order by city_code, series, offense_family, report_month;
