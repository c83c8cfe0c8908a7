-- Which agency a tracker's list of agencies names: the one police department or sheriff of the name's unit. A name of
-- which no register has the agency is itself and no other. Lists of governments name no agency.
with named as (
    select
        spells.listing_id,
        spells.listed_from,
        spells.listed_name,
        names.state_code,
        names.kind,
        coalesce(names.is_resolved, false) as is_resolved,
        coalesce(names.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
        coalesce(names.match_method, 'unresolved') as match_method,
        names.match_score,
        coalesce(names.match_evidence, 'no name in the list') as match_evidence,
        agencies.ori,
        spells._capture_id,
        spells._payload_id,
        spells._kind
    from {{ ref('int_ordinances__spells') }} as spells
    inner join {{ ref('trackers') }} as trackers
        on spells.tracker_code = trackers.tracker_code
    left join {{ ref('int_identity__resolved') }} as names
        on spells.printed_id = names.printed_id
    left join {{ ref('int_identity__sole_agencies') }} as agencies
        on
            names.is_resolved
            and names.jurisdiction_key = agencies.jurisdiction_key
            and names.is_sheriff = agencies.is_sheriff
            and (names.is_sheriff or names.is_police)
    where trackers.names = 'agencies'
)

select
    listing_id,
    listed_from,
    listed_name,
    state_code,
    kind,
    is_resolved,
    jurisdiction_key,
    match_method,
    match_score,
    match_evidence,
    ori,
    case
        when ori is not null then {{ surrogate_key(['ori']) }}
        else {{ surrogate_key(["'a name without an agency'", spelled_name('listed_name'), 'state_code', 'jurisdiction_key']) }}
    end as agency_key,
    _capture_id,
    _payload_id,
    _kind
from named
