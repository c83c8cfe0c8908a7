-- Every name that a tracker's snapshot holds, with the words by which it may be resolved.
with state_names as (
    select upper(name) as spelling, postal from {{ ref('states') }}
    union all
    select spelling, postal from {{ ref('state_spellings') }}
),

doj as (
    select
        'doj' as tracker_code,
        listings._retrieved_at as snapshot_at,
        -- ?? where the page prints no state: the name still has its spells
        coalesce(by_code.postal, by_name.postal, of_state.postal, '??') as state_code,
        listings.listed_name,
        case listings.heading when 'STATES' then 'state' when 'COUNTIES' then 'county' else 'place' end as listed_level,
        cast(null as {{ dbt.type_string() }}) as support_type,
        cast(null as date) as signed_on,
        cast(null as {{ dbt.type_string() }}) as county_name,
        case listings.heading when 'STATES' then 'state' when 'COUNTIES' then 'county' else 'place' end as hint,
        listings._capture_id,
        listings._payload_id,
        listings._record_no,
        listings._kind
    from {{ ref('stg_doj__sanctuary_list') }} as listings
    left join {{ ref('states') }} as by_code on listings.state_as_printed = by_code.postal
    left join {{ ref('states') }} as by_name on upper(listings.state_as_printed) = upper(by_name.name)
    left join {{ ref('states') }} as of_state
        on listings.heading = 'STATES' and upper(listings.listed_name) = upper(of_state.name)
),

ice as (
    select
        'ice_287g' as tracker_code,
        agreements._retrieved_at as snapshot_at,
        coalesce(states.postal, '??') as state_code,
        agreements.agency_name as listed_name,
        case
            when upper(agreements.agency_name) like '%SHERIFF%' or upper(agreements.agency_name) like '%COUNTY%' then 'county'
            when upper(agreements.agency_name) like '%POLICE%' or upper(agreements.agency_name) like '%MARSHAL%'
                or upper(agreements.agency_name) like 'CITY OF %' or upper(agreements.agency_name) like 'TOWN OF %' then 'place'
            else 'agency'
        end as listed_level,
        agreements.support_type,
        agreements.signed_on,
        agreements.county_name,
        {{ agency_type_hint('agreements.agency_type') }} as hint,
        agreements._capture_id,
        agreements._payload_id,
        agreements._record_no,
        agreements._kind
    from {{ ref('stg_ice__agreements_287g') }} as agreements
    left join state_names as states on agreements.state_name = states.spelling
),

every_listing as (
    select
        tracker_code, snapshot_at, state_code, listed_name, listed_level, support_type, signed_on, county_name, hint,
        _capture_id, _payload_id, _record_no, _kind
    from doj
    union all
    select
        tracker_code, snapshot_at, state_code, listed_name, listed_level, support_type, signed_on, county_name, hint,
        _capture_id, _payload_id, _record_no, _kind
    from ice
),

keyed as (
    select
        every_listing.*,
        -- the spelling by which captures are compared: case, spaces and marks do not make another listing
        concat(
            tracker_code, '|', state_code, '|', listed_level, '|',
            {{ regexp_replace_all("upper(listed_name)", "[^A-Z0-9]+", " ") }}, '|', coalesce(upper(support_type), '')
        ) as listing_id
    from every_listing
),

once as (
    select
        keyed.*,
        row_number() over (partition by listing_id, snapshot_at order by _capture_id, _record_no) as mention
    from keyed
)

select
    listing_id,
    tracker_code,
    snapshot_at,
    state_code,
    listed_name,
    listed_level,
    support_type,
    signed_on,
    county_name,
    hint,
    {{ printed_id('tracker_code', 'listed_name', "nullif(state_code, '??')", 'cast(null as ' ~ dbt.type_string() ~ ')', 'county_name', 'hint') }}
        as printed_id,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from once
where mention = 1
