-- When a program of the federal government began in a county, by the name that the FBI's register gives counties: without
-- their legal word, but an independent city with it (ST TAMMANY, DE SOTO, BALTIMORE CITY). A city that is its county too
-- bears the city's name elsewhere.
with counties as (
    select distinct
        geoid,
        state_code,
        {{ compact_name(spelled_name(regexp_replace_all(
            "name", " (City and Borough|County|Parish|Borough|Census Area|Municipality|Municipio)$", ""))) }} as county_compact
    from {{ ref('stg_census__gazetteer') }}
    where level = 'county'
)

select
    counties.state_code,
    counties.county_compact,
    min(events.event_from) as secure_communities_from
from {{ ref('fct_enforcement_event') }} as events
inner join counties
    on events.county_fips = counties.geoid
where events.program = 'secure communities' and events.event = 'activated'
group by counties.state_code, counties.county_compact
