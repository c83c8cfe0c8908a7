-- question: How many 287(g) agreements did each state's agencies have at each snapshot?
-- about: listings
-- caveat: The recorded edition holds the first workbook of each month from 2021-01 to 2026-05 and four more: an agreement that began and ended between two of them is not in it.
-- column: snapshot_on: Day of ICE's list. Never null.
-- column: agreements (count): 287(g) agreements of the state's agencies on that list. An agency may have several. Never null.
select
    snapshots.snapshot_on,
    listings.state_code,
    count(*) as agreements
from (
    select distinct s.snapshot_on, s.tracker_key
    from core.fct_tracker_snapshot as s
    join core.dim_tracker as t using (tracker_key)
    where t.tracker_code = 'ice_287g'
) as snapshots
join core.fct_tracker_listing as listings
    on
        snapshots.tracker_key = listings.tracker_key
        and listings.listed_from <= snapshots.snapshot_on
        and (listings.listed_to is null or listings.listed_to > snapshots.snapshot_on)
group by snapshots.snapshot_on, listings.state_code
order by snapshots.snapshot_on, agreements desc, listings.state_code;
