with agreements as (
    select
        spells.listing_id,
        spells.tracker_code,
        spells.support_type,
        spells.signed_on,
        spells.listed_from,
        spells.listed_to,
        names.jurisdiction_key
    from {{ ref('int_ordinances__spells') }} as spells
    inner join {{ ref('int_identity__resolved') }} as names
        on spells.printed_id = names.printed_id
    where names.is_resolved and spells.support_type is not null and spells.signed_on is not null
),

-- An agreement whose agency is spelled or named otherwise from one list on goes on: the list that lacks the name has a new
-- one of the same unit with the same form of support and the same day of signing.
renamed as (
    select distinct
        earlier.listing_id,
        earlier.listed_from
    from agreements as earlier
    inner join agreements as later
        on
            earlier.tracker_code = later.tracker_code
            and earlier.jurisdiction_key = later.jurisdiction_key
            and earlier.support_type = later.support_type
            and earlier.signed_on = later.signed_on
            and earlier.listed_to = later.listed_from
)

select
    {{ surrogate_key(['spells.listing_id', 'spells.listed_from']) }} as listing_key,
    {{ surrogate_key(['spells.tracker_code']) }} as tracker_key,
    coalesce(names.is_resolved, false) as is_resolved,
    coalesce(names.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    agencies.agency_key,
    {{ date_key('spells.listed_from') }} as listed_from_date_key,
    spells.listed_name,
    spells.listed_level as level,
    nullif(spells.state_code, '??') as state_code,
    spells.support_type,
    trackers.verdict,
    spells.signed_on,
    spells.signed_unread,
    spells.listed_from,
    spells.listed_since,
    spells.listed_to,
    case when renamed.listing_id is not null then 'listed under another name' else spells.listed_to_because end
        as listed_to_because,
    spells.last_seen_on,
    cast(spells.snapshots_seen as bigint) as snapshots_seen,
    coalesce(names.kind, 'unknown') as agency_kind,
    coalesce(names.match_method, 'unresolved') as match_method,
    names.match_score,
    coalesce(names.match_evidence, 'no name in the list') as match_evidence,
    coalesce(names.located_in_jurisdiction_key, {{ unknown_key() }}) as located_in_jurisdiction_key,
    spells._capture_id,
    spells._payload_id,
    spells._record_no,
    spells._kind
from {{ ref('int_ordinances__spells') }} as spells
inner join {{ ref('trackers') }} as trackers
    on spells.tracker_code = trackers.tracker_code
left join {{ ref('int_ordinances__listed_agencies') }} as agencies
    on spells.listing_id = agencies.listing_id and spells.listed_from = agencies.listed_from
left join renamed
    on spells.listing_id = renamed.listing_id and spells.listed_from = renamed.listed_from
left join {{ ref('int_identity__resolved') }} as names
    on spells.printed_id = names.printed_id
