-- The nation's months, which hold those of the states.
with months as (
    {{ fbi_area_months('nation') }}
)

select
    months.area_month_key as crime_area_month_total_key,
    coalesce(units.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    months.series_key,
    months.offense_key,
    months.month_date_key,
    months.month_start,
    months.fbi_offense_code,
    months.offenses,
    months.cleared,
    months.population,
    months.participated_population,
    months.coverage,
    months._capture_id,
    months._payload_id,
    months._record_no,
    months._kind
from months
left join {{ ref('int_identity__geoids') }} as units
    on units.geoid = {{ nation_geoid() }}
