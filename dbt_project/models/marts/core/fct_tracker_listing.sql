select
    {{ surrogate_key(['spells.listing_id', 'spells.listed_from']) }} as listing_key,
    {{ surrogate_key(['spells.tracker_code']) }} as tracker_key,
    coalesce(names.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    {{ date_key('spells.listed_from') }} as listed_from_date_key,
    spells.listed_name,
    spells.listed_level,
    nullif(spells.state_code, '??') as state_code,
    spells.support_type,
    trackers.verdict,
    spells.signed_on,
    spells.listed_from,
    spells.listed_to,
    spells.last_seen_on,
    cast(spells.snapshots_seen as bigint) as snapshots_seen,
    case
        when names.jurisdiction_key is not null then concat(names.method, ', state and level')
        when spells.listed_level = 'agency' then 'not a general government'
        else 'unresolved'
    end as match_method,
    cast(case when names.jurisdiction_key is not null then 1.0 end as double) as match_score,
    concat(spells.unit_name, ', ', spells.state_code, ' as ', spells.listed_level) as match_evidence,
    spells._capture_id,
    spells._payload_id,
    spells._record_no,
    spells._kind
from {{ ref('int_ordinances__spells') }} as spells
inner join {{ ref('trackers') }} as trackers
    on spells.tracker_code = trackers.tracker_code
left join {{ ref('int_identity__names') }} as names
    on
        spells.unit_name = names.name_normalized
        and spells.state_code = names.state_code
        and spells.listed_level = names.level_group
