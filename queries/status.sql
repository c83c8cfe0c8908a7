-- question: Which sanctuary provisions were in force in a jurisdiction on a day, who listed it then, and when did we learn it?
-- title: Which sanctuary provisions were in force in {jurisdiction} on {as_of}, who listed it then, and when did we learn it?
-- about: policies
-- parameter: jurisdiction=Chicago (place)
-- parameter: as_of= (date)
-- parameter: known=public (knowledge)
-- caveat: known=public uses the events and lists that were public by the day, whenever we captured them. known=ours uses only what we had captured by the day (learned_on); a status whose deciding event was learned later is unknown then, whatever else we had. For what an earlier release said, query that release (--release); for what a build of that day would say, run refresh --as-of.
-- caveat: unknown means that no cited source says anything. It does not mean no. Events without a source never decide.
-- caveat: The state's law is shown beside the unit's own status and does not replace it. A city is not its county: query the county by name for its jail.
-- caveat: An unread law decides no provision: nobody has read which it enacts, or checked whether it is still in force.
-- caveat: If only a month or a year is known, it counts from its last day; held_since_earliest is its first day.
-- caveat: A list of one date says nothing about another day, and a status known only from such a list is unknown after its date. What each list means is in core.dim_tracker.
-- column: jurisdiction: Government unit that was asked about. Never null.
-- column: what: provision, tracker, or unread law: what the row is about. Never null.
-- column: name: Code of the provision or the tracker, or kind and number of the law. Never null.
-- column: status: Of a provision: in force, weakened, enjoined, not in force or unknown. Of a tracker: listed and what it means, not listed, or why it is not known. Never null.
-- column: held_since: Latest day by which the status had begun. Null if it is not known.
-- column: held_since_earliest: Earliest day on which the status can have begun. Null if it is not known.
-- column: learned_on: Day on which it was learned here. Null if nothing is known.
-- column: said_by: Event that decides the status, the name as a tracker prints it, or the law's title. Null if nothing does.
-- column: source_status: sourced or partial, as the ledger says of the deciding events; council record for a council's own. Null for trackers and unknown statuses.
-- column: beside_it: The state's own law on the provision and on preemption; for an unread law its address. Empty or null if there is none.
with asked as (
    select
        coalesce(cast(nullif($as_of, '') as date), (select cast(max(last_retrieved_at) as date) from meta.source_status)) as day,
        $known as known
),

units as (
    select jurisdiction_key, name, state_code, level
    from core.dim_jurisdiction
    where jurisdiction_key = $jurisdiction
),

spells as (
    select statuses.*, asked.known = 'public' or statuses.learned_on <= asked.day as is_known
    from core.fct_policy_status as statuses
    cross join asked
    where statuses.valid_from <= asked.day and (statuses.valid_to is null or statuses.valid_to > asked.day)
),

of_states as (
    select states.state_code, spells.provision_code, spells.status, spells.decided_by, spells.learned_on
    from spells
    join core.dim_jurisdiction as states using (jurisdiction_key)
    where states.level = 'state' and spells.is_known and spells.status <> 'unknown'
),

policies as (
    select
        units.name as jurisdiction,
        'provision' as what,
        provisions.provision_code as name,
        case when spells.is_known then spells.status else 'unknown' end as status,
        case when spells.is_known then spells.status_since end as held_since,
        case when spells.is_known then spells.status_since_earliest end as held_since_earliest,
        case when spells.is_known then spells.learned_on end as learned_on,
        case when spells.is_known then spells.decided_by end as said_by,
        case when spells.is_known then spells.source_status end as source_status,
        concat_ws(
            '; ',
            'state: ' || overlays.status || ' (' || overlays.decided_by || ')',
            'preemption: ' || preemptions.status || ' (' || preemptions.decided_by || ')'
        ) as beside_it
    from units
    cross join core.dim_provision as provisions
    left join spells
        on units.jurisdiction_key = spells.jurisdiction_key and provisions.provision_code = spells.provision_code
    left join of_states as overlays
        on units.level <> 'state' and units.state_code = overlays.state_code
        and provisions.provision_code = overlays.provision_code
    left join of_states as preemptions
        on units.level <> 'state' and units.state_code = preemptions.state_code
        and preemptions.provision_code = 'preemption'
    where provisions.provision_code not in ('unknown', case when units.level = 'state' then '-' else 'preemption' end)
),

learned as (
    -- what came over HTTP was learned when it was shown; a file or a transcription when it was brought; a list
    -- that was shown again, on the day on which it was
    select capture_id, cast(case kind when 'fetched' then retrieved_at else landed_at end as date) as learned_on
    from meta.capture
),

-- the last list of the unit's state by the day: only such a list can say that the unit is not on it
snapshots as (
    select
        units.jurisdiction_key,
        snapshots.tracker_key,
        max(snapshots.snapshot_on) as snapshot_on,
        arg_max(snapshots.is_withdrawal, snapshots.snapshot_on) as is_withdrawal,
        arg_max(greatest(learned.learned_on, snapshots.snapshot_on), snapshots.snapshot_on) as learned_on
    from core.fct_tracker_snapshot as snapshots
    cross join asked
    join units using (state_code)
    left join learned on snapshots._capture_id = learned.capture_id
    where snapshots.snapshot_on <= asked.day and (asked.known = 'public' or learned.learned_on <= asked.day)
    group by units.jurisdiction_key, snapshots.tracker_key
),

-- with known=ours, who is on the last list that we had, whatever lists before or after it we got later
listed as (
    select
        listings.jurisdiction_key,
        listings.tracker_key,
        listings.listed_name,
        case when knew.its_first_list then listings.listed_from else snapshots.snapshot_on end as listed_from,
        case when knew.its_first_list then listings.listed_since end as listed_since,
        listings.support_type,
        case when knew.its_first_list then greatest(learned.learned_on, listings.listed_from) else snapshots.learned_on end
            as learned_on
    from core.fct_tracker_listing as listings
    cross join asked
    join core.dim_tracker as trackers using (tracker_key)
    left join learned on listings._capture_id = learned.capture_id
    left join snapshots
        on listings.jurisdiction_key = snapshots.jurisdiction_key and listings.tracker_key = snapshots.tracker_key
    cross join lateral (
        select
            asked.known = 'public' or learned.learned_on <= asked.day as its_first_list,
            case when asked.known = 'ours' and trackers.lasts <> 'its day' then snapshots.snapshot_on else asked.day end as on_day
    ) as knew
    where listings.jurisdiction_key <> '-1'
        and listings.listed_from <= knew.on_day and (listings.listed_to is null or listings.listed_to > knew.on_day)
        and (knew.its_first_list or trackers.lasts <> 'its day')
),

trackers as (
    select
        units.name as jurisdiction,
        'tracker' as what,
        trackers.tracker_code as name,
        case
            when listed.tracker_key is not null then 'listed: ' || trackers.verdict
            when units.level = 'nation' then 'does not apply: a list names parts of the nation'
            when trackers.holds = 'a part of the list' then 'not known: a part of the list is captured'
            when units.state_code is null then 'not known: its state is not known'
            when snapshots.tracker_key is null then 'no list of its state by then'
            when trackers.lasts = 'its day' and snapshots.snapshot_on < asked.day then 'no list of that day'
            when snapshots.is_withdrawal then 'not listed: the list was withdrawn'
            else 'not listed'
        end as status,
        listed.listed_since as held_since,
        listed.listed_since as held_since_earliest,
        listed.learned_on,
        concat_ws(
            ', ', listed.listed_name, listed.support_type,
            case when listed.listed_since is null then 'first seen ' || listed.listed_from end
        ) as said_by,
        cast(null as varchar) as source_status,
        cast(null as varchar) as beside_it
    from units
    cross join asked
    cross join core.dim_tracker as trackers
    left join listed using (jurisdiction_key, tracker_key)
    left join snapshots using (jurisdiction_key, tracker_key)
    where trackers.tracker_code <> 'unknown'
),

-- a law or resolution of the council whose provisions nobody has read; it decides none of the rows above
unread as (
    select
        units.name as jurisdiction,
        case when matters.instrument = 'resolution' then 'unread resolution' else 'unread law' end as what,
        concat_ws(' ', matters.type_name, coalesce(matters.enactment_number, matters.file_number)) as name,
        case when matters.instrument = 'resolution' then 'adopted, not read' else 'became law, not read' end as status,
        matters.law_on as held_since,
        matters.law_on as held_since_earliest,
        acts.learned_on,
        matters.title as said_by,
        'council record' as source_status,
        matters.address as beside_it
    from units
    cross join asked
    join core.dim_council_matter as matters using (jurisdiction_key)
    -- the act by which it became law; a vote of the same day alone does not say so
    left join (
        select source_citation, event_from, max(learned_on) as learned_on
        from core.fct_policy_event
        where origin = 'council' and event in ('overridden', 'signed', 'enacted', 'council_passed')
        group by source_citation, event_from
    ) as acts
        on matters.address = acts.source_citation and matters.law_on = acts.event_from
    where matters.is_unread_law and matters.law_on <= asked.day
        and (asked.known = 'public' or acts.learned_on <= asked.day)
)

select jurisdiction, what, name, status, held_since, held_since_earliest, learned_on, said_by, source_status, beside_it
from policies
union all
select jurisdiction, what, name, status, held_since, held_since_earliest, learned_on, said_by, source_status, beside_it
from unread
union all
select jurisdiction, what, name, status, held_since, held_since_earliest, learned_on, said_by, source_status, beside_it
from trackers
order by jurisdiction, what, name, said_by;
