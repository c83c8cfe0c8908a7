-- dim_agency's unit is the agency's one unit: a fact of agencies names the same, and the bridge, which divides the
-- agency among all that it serves, has it among them. An agency whose name joins two places has no unit of its own:
-- dim_agency then names the member of its name alone, and the bridge the two.
select
    'fct_crime_month' as place,
    facts.agency_key,
    facts.jurisdiction_key
from {{ ref('fct_crime_month') }} as facts
inner join {{ ref('dim_agency') }} as agencies
    on facts.agency_key = agencies.agency_key
where facts.jurisdiction_key <> agencies.jurisdiction_key
union all
select
    'fct_crime_year' as place,
    facts.agency_key,
    facts.jurisdiction_key
from {{ ref('fct_crime_year') }} as facts
inner join {{ ref('dim_agency') }} as agencies
    on facts.agency_key = agencies.agency_key
where facts.jurisdiction_key <> agencies.jurisdiction_key
union all
select
    'bridge_agency_jurisdiction' as place,
    agencies.agency_key,
    agencies.jurisdiction_key
from {{ ref('dim_agency') }} as agencies
left join {{ ref('bridge_agency_jurisdiction') }} as bridge
    on agencies.agency_key = bridge.agency_key and agencies.jurisdiction_key = bridge.jurisdiction_key
where agencies.agency_key <> {{ unknown_key() }} and agencies.is_resolved and bridge.agency_key is null
