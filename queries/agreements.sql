-- question: How many 287(g) agreements did each state's agencies have at each snapshot?
-- about: listings
-- caveat: The recorded edition holds the first workbook of each month from 2021-01 to 2026-05 and four more: an agreement that began and ended between two of them is not in it.
-- column: snapshot_on: Day of ICE's list. Never null.
-- column: agreements (count): 287(g) agreements of the state's agencies on that list. An agency may have several. Never null.
select
    snapshots.listed_from as snapshot_on,
    listings.state_code,
    count(*) as agreements
from (
    select distinct l.listed_from
    from core.fct_tracker_listing as l
    join core.dim_tracker as t using (tracker_key)
    where t.tracker_code = 'ice_287g'
) as snapshots
join core.fct_tracker_listing as listings
    on
        listings.listed_from <= snapshots.listed_from
        and (listings.listed_to is null or listings.listed_to > snapshots.listed_from)
join core.dim_tracker as trackers on listings.tracker_key = trackers.tracker_key and trackers.tracker_code = 'ice_287g'
group by snapshots.listed_from, listings.state_code
order by snapshots.listed_from, agreements desc;
