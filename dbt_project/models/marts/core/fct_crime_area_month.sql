-- The months of states and territories; the nation, which holds them, stands apart.
with months as (
    select
        area_months.*,
        {{ fbi_is_too_new('area_months.month_start', 'area_months.newest_data') }} as is_too_new
    from {{ ref('stg_fbi__area_months') }} as area_months
    where area_months.level = 'state'
)

select
    {{ surrogate_key(['months.level', 'months.area', 'months.offense_code', 'months.month_start']) }} as crime_area_month_key,
    months.area,
    coalesce(units.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    {{ surrogate_key(["'FBI states and nation'"]) }} as series_key,
    case when offenses.offense_code is null then {{ unknown_key() }} else {{ surrogate_key(['offenses.offense_code']) }} end
        as offense_key,
    {{ date_key('months.month_start') }} as month_date_key,
    months.month_start,
    months.offense_code as fbi_offense_code,
    case when not months.is_too_new then months.offenses end as offenses,
    case when not months.is_too_new then months.cleared end as cleared,
    months.population,
    months.participated_population,
    case when months.offenses is null or months.is_too_new then 'not reported' else 'reported' end as coverage,
    months._capture_id,
    months._payload_id,
    months._record_no,
    months._kind
from months
left join {{ ref('states') }} as states
    on months.area = states.postal
left join {{ ref('int_identity__geoids') }} as units
    on states.fips = units.geoid
left join {{ ref('offenses') }} as offenses
    on months.offense_code = offenses.fbi_code
