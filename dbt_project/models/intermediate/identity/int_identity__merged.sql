-- Cities that are their county: consolidated governments (a seed) and independent cities (a county whose legal word is
-- "city", and the city of that name). One unit, two GEOIDs.
select
    place_geoid,
    county_geoid,
    case when reason like 'independent%' then 'independent' else 'consolidated' end as merger,
    name as known_as,
    reason
from {{ ref('consolidated_cities') }}
union all
select
    places.geoid as place_geoid,
    counties.geoid as county_geoid,
    'independent' as merger,
    places.name as known_as,
    'a county whose legal word is city' as reason
from {{ ref('stg_census__gazetteer') }} as counties
inner join {{ ref('stg_census__gazetteer') }} as places
    on
        counties.state_code = places.state_code
        and counties.name = places.name
        and places.level = 'place'
where counties.level = 'county' and {{ regexp_matches('counties.name', ' city$') }}
