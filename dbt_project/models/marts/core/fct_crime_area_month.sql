-- The months of states and territories; the nation, which holds them, stands apart.
with months as (
    {{ fbi_area_months('state') }}
)

select
    months.area_month_key as crime_area_month_key,
    months.area,
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
left join {{ ref('states') }} as states
    on months.area = states.postal
left join {{ ref('int_identity__geoids') }} as units
    on states.fips = units.geoid
