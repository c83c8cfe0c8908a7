-- Hispanic, other, unknown and not published victims of a family and month are all the city's; only the city's own
-- sets show it, so no row of a group may be lost or stand twice.
select
    series,
    month_start,
    offense_family,
    sum(case when victim_group = 'citywide' then reports else -reports end) as missing
from {{ ref('fct_incident_month_total') }}
group by series, month_start, offense_family
having sum(case when victim_group = 'citywide' then reports else -reports end) <> 0
