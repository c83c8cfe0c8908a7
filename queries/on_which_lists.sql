-- question: Which trackers listed a jurisdiction on a day, which did not, and which had no list of it by then?
-- title: Which trackers listed {jurisdiction} on {as_of}, which did not, and which had no list of it by then?
-- about: listings
-- parameter: jurisdiction=Chicago (place)
-- parameter: as_of= (date)
-- caveat: "not listed" is said of a day only if a captured list of that day or an earlier one covers the jurisdiction's state. by_the_list_of is the day of that list, next_list_of the day of the next. Nobody knows what changed between the two.
-- caveat: A list of one date says nothing about another day, and a list that is captured in part says nothing about a name that is not in that part (core.dim_tracker.lasts, holds).
-- caveat: A list is its publisher's verdict, in the names it has and in those it leaves out. Not being listed does not mean no.
-- column: jurisdiction: Government unit that was asked about. Never null.
-- column: answer: listed and what it means; not listed; or why that is not known for the day or does not apply. Never null.
-- column: listed_as: Level and name as the list prints them. Null if the unit is not listed.
-- column: by_the_list_of: Day of the list that answers for the day asked. Null if there is none.
-- column: next_list_of: Day of the tracker's next list of the state. Null if none is captured.
-- column: names_of_its_state (count): Names of the unit's state on the list that answers; on ICE's list, agreements. Null if there is no such list.
with asked as (
    select coalesce(cast(nullif($as_of, '') as date), (select cast(max(last_retrieved_at) as date) from meta.source_status)) as day
),

units as (
    select jurisdiction_key, name, state_code, level
    from core.dim_jurisdiction
    where jurisdiction_key = $jurisdiction
),

snapshots as (
    select
        units.jurisdiction_key,
        snapshots.tracker_key,
        snapshots.snapshot_on,
        snapshots.next_snapshot_on,
        snapshots.is_withdrawal,
        snapshots.names_listed
    from core.fct_tracker_snapshot as snapshots
    cross join asked
    join units using (state_code)
    where snapshots.snapshot_on <= asked.day
        and (snapshots.next_snapshot_on is null or snapshots.next_snapshot_on > asked.day)
),

listed as (
    select
        listings.tracker_key,
        listings.jurisdiction_key,
        string_agg(distinct listings.level || ': ' || listings.listed_name, '; '
            order by listings.level || ': ' || listings.listed_name) as listed_as
    from core.fct_listed_unit as listings
    cross join asked
    where listings.listed_from <= asked.day and (listings.listed_to is null or listings.listed_to > asked.day)
    group by listings.tracker_key, listings.jurisdiction_key
)

select
    units.name as jurisdiction,
    trackers.tracker_code,
    case
        when listed.tracker_key is not null then 'listed: ' || trackers.verdict
        when units.level = 'nation' then 'does not apply: a list names parts of the nation'
        when trackers.holds = 'a part of the list' then 'not known: a part of the list is captured'
        when units.state_code is null then 'not known: its state is not known'
        when snapshots.tracker_key is null then 'no list of its state by then'
        when trackers.lasts = 'its day' and snapshots.snapshot_on < asked.day then 'no list of that day'
        when snapshots.is_withdrawal then 'not listed: the list was withdrawn'
        else 'not listed'
    end as answer,
    listed.listed_as,
    snapshots.snapshot_on as by_the_list_of,
    snapshots.next_snapshot_on as next_list_of,
    snapshots.names_listed as names_of_its_state
from units
cross join asked
cross join core.dim_tracker as trackers
left join snapshots
    on units.jurisdiction_key = snapshots.jurisdiction_key and trackers.tracker_key = snapshots.tracker_key
left join listed
    on units.jurisdiction_key = listed.jurisdiction_key and trackers.tracker_key = listed.tracker_key
where trackers.tracker_code <> 'unknown'
order by units.name, trackers.tracker_code;
