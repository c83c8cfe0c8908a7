-- Whatever somebody typed by hand names its unit by GEOID, and a GEOID that no unit has would say nothing or, worse, be
-- taken for no answer: a wrong digit is named here, with the table and the line. Judged only where the Census's list of
-- the level was captured: without it no county, place or town has a unit. An event of the ledger is a government's: a
-- census designated place has no police and passes no law.
{%- set typed = [
    ('agency_jurisdictions', 'geoid'),
    ('consolidated_cities', 'place_geoid'),
    ('consolidated_cities', 'county_geoid'),
    ('council_clients', 'geoid'),
    ('crime_series_breaks', 'geoid'),
    ('grant_injunctions', 'geoid'),
    ('identity_labels', 'expected_geoid'),
    ('incident_sets', 'geoid'),
    ('instrument_provisions', 'geoid'),
    ('name_exceptions', 'geoid'),
    ('place_counties', 'geoid'),
    ('printed_publishers', 'geoid'),
    ('unit_changes', 'geoid'),
] %}
with codes as (
    select 'policy_events' as typed_in, geoid, max(concat(jurisdiction_name, ' ', instrument, ' ', event)) as line_says
    from {{ ref('stg_ledger__policy_events') }}
    group by geoid
    {% for seed, column in typed -%}
    union all
    select '{{ seed }}' as typed_in, {{ column }} as geoid, cast(count(*) as {{ dbt.type_string() }}) as line_says
    from {{ ref(seed) }}
    where {{ column }} is not null
    group by {{ column }}
    {% endfor %}
),

listed as (
    select length(geoid) as digits
    from {{ ref('stg_census__gazetteer') }}
    group by length(geoid)
)

select codes.typed_in, codes.geoid, codes.line_says
from codes
inner join listed
    on length(codes.geoid) = listed.digits
left join {{ ref('int_identity__geoids') }} as units
    on codes.geoid = units.geoid
left join {{ ref('int_identity__units') }} as governments
    on units.jurisdiction_key = governments.jurisdiction_key
where units.geoid is null or (codes.typed_in = 'policy_events' and not governments.is_general_government)
