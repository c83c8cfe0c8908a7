-- Every name that a tracker's snapshot holds, with the words by which it may be resolved.
with doj as (
    select
        'doj' as tracker_code,
        listings._retrieved_at as snapshot_at,
        -- ?? where the page prints no state: the name still has its spells
        coalesce(by_code.postal, by_name.postal, of_state.postal, '??') as state_code,
        listings.listed_name,
        case listings.heading when 'STATES' then 'state' when 'COUNTIES' then 'county' else 'place' end as listed_level,
        cast(null as {{ dbt.type_string() }}) as support_type,
        cast(null as date) as signed_on,
        trim({{ regexp_replace_all(normalize_name('listings.listed_name'), ' COUNTY$', '') }}) as unit_name,
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
        states.postal as state_code,
        agreements.agency_name as listed_name,
        case
            when upper(agreements.agency_name) like '%SHERIFF%' or upper(agreements.agency_name) like '%COUNTY%' then 'county'
            when upper(agreements.agency_name) like '%POLICE%' or upper(agreements.agency_name) like '%MARSHAL%'
                or upper(agreements.agency_name) like 'CITY OF %' or upper(agreements.agency_name) like 'TOWN OF %' then 'place'
            else 'agency'
        end as listed_level,
        agreements.support_type,
        agreements.signed_on,
        trim({{ regexp_replace_all(
            regexp_replace_all(
                normalize_name('agreements.agency_name'),
                ' (COUNTY|PARISH)? ?(SHERIFF|CONSTABLE|POLICE|DEPARTMENT OF|DETENTION|MARSHAL|PUBLIC SAFETY).*$', ''),
            ' COUNTY$', '') }}) as unit_name,
        agreements._capture_id,
        agreements._payload_id,
        agreements._record_no,
        agreements._kind
    from {{ ref('stg_ice__agreements_287g') }} as agreements
    left join {{ ref('states') }} as states on agreements.state_name = upper(states.name)
),

every_listing as (
    select
        tracker_code, snapshot_at, state_code, listed_name, listed_level, support_type, signed_on, unit_name,
        _capture_id, _payload_id, _record_no, _kind
    from doj
    union all
    select
        tracker_code, snapshot_at, state_code, listed_name, listed_level, support_type, signed_on, unit_name,
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
    unit_name,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from once
where mention = 1
