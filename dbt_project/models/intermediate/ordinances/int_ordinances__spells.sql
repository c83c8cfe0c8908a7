-- Gaps and islands: a listing is in force from the first snapshot that holds it to the first covering snapshot that
-- does not. A night without a capture is no gap, because only snapshots that were taken are counted.
with held as (
    select
        listed.*,
        snapshots.snapshot_no,
        snapshots.snapshot_on,
        snapshots.next_snapshot_on,
        snapshots.next_ends_by,
        row_number() over (
            partition by listed.listing_id, snapshots.snapshot_no
            order by listed.snapshot_at desc, listed._capture_id, listed._record_no
        ) as mention_of_the_day
    from {{ ref('int_ordinances__listed') }} as listed
    inner join {{ ref('int_ordinances__snapshots') }} as snapshots
        on
            listed.tracker_code = snapshots.tracker_code
            and listed.state_code = snapshots.state_code
            and cast(listed.snapshot_at as date) = snapshots.snapshot_on
),

seen as (
    select
        held.*,
        snapshot_no - row_number() over (partition by listing_id order by snapshot_no) as island
    from held
    where mention_of_the_day = 1
),

placed as (
    select
        seen.*,
        row_number() over (partition by listing_id, island order by snapshot_no) as nth,
        row_number() over (partition by listing_id, island order by snapshot_no desc) as nth_from_end
    from seen
),

-- the day on which a list came out, where somebody is cited for it
published as (
    select
        trackers.tracker_code,
        events.event_to as published_on
    from {{ ref('stg_ledger__policy_events') }} as events
    inner join {{ ref('trackers') }} as trackers
        on events.instrument = trackers.ledger_instrument
    where events.event = 'listed' and events.source_status <> 'unsourced' and events.event_from = events.event_to
    group by trackers.tracker_code, events.event_to
)

select
    first_seen.listing_id,
    first_seen.island,
    first_seen.tracker_code,
    first_seen.state_code,
    last_seen.listed_name,
    first_seen.listed_level,
    first_seen.support_type,
    last_seen.signed_on,
    last_seen.signed_unread,
    last_seen.printed_id,
    first_seen.snapshot_on as listed_from,
    -- the first snapshot of a list shows that a name is on it, not since when, unless the list came out on that day
    case
        when (first_seen.snapshot_no > 1 and coalesce(trackers.lasts, '') <> 'its day') or published.published_on is not null
            then first_seen.snapshot_on
    end as listed_since,
    last_seen.next_snapshot_on as listed_to,
    last_seen.next_ends_by as listed_to_because,
    last_seen.snapshot_on as last_seen_on,
    last_seen.nth as snapshots_seen,
    first_seen._capture_id,
    first_seen._payload_id,
    first_seen._record_no,
    first_seen._kind
from placed as first_seen
inner join placed as last_seen
    on
        first_seen.listing_id = last_seen.listing_id
        and first_seen.island = last_seen.island
        and last_seen.nth_from_end = 1
left join published
    on first_seen.tracker_code = published.tracker_code and first_seen.snapshot_on = published.published_on
inner join {{ ref('trackers') }} as trackers
    on first_seen.tracker_code = trackers.tracker_code
where first_seen.nth = 1
