select
    state_name as state_as_printed,
    agency_name as listed_name,
    case
        when upper(agency_name) like '%SHERIFF%' or upper(agency_name) like '%COUNTY%' then 'county'
        -- a state's own police is no city's
        when {{ regexp_matches("upper(agency_name)", "(^| )STATE (POLICE|FIRE MARSHAL)") }} then 'agency'
        when upper(agency_name) like '%POLICE%' or upper(agency_name) like '%MARSHAL%'
            or upper(agency_name) like 'CITY OF %' or upper(agency_name) like 'TOWN OF %' then 'place'
        else 'agency'
    end as listed_level,
    {{ agency_type_hint('agency_type') }} as hint,
    county_name,
    support_type,
    signed_on,
    signed_unread,
    agency_type,
    addendum,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_ice__agreements_287g') }}
where _fate = 'staged'
