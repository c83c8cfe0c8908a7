-- A lasting fall that seed incident_breaks does not name: a switch of systems, a set that lost rows, or a real fall.
{{ config(severity='warn') }}

select
    city_code,
    series,
    falls_from,
    change_percent
from {{ ref('mart_series_break') }}
where not is_explained
