-- Every unit stands in every year of the declared range, once.
select
    jurisdiction_key,
    count(*) as found,
    max(panel_to_year) - min(panel_from_year) + 1 as wanted
from {{ ref('mart_policy_crime_panel_year') }}
group by jurisdiction_key
having
    count(*) <> max(panel_to_year) - min(panel_from_year) + 1
    or count(distinct calendar_year) <> count(*)
    or min(calendar_year) <> min(panel_from_year)
    or max(calendar_year) <> max(panel_to_year)
    or count(distinct panel_from_year) + count(distinct panel_to_year) <> 2
