-- question: Which jurisdictions were on a tracker's list on a day?
-- title: Which jurisdictions were on {tracker} on {as_of}?
-- about: listings
-- parameter: tracker=doj (any_tracker)
-- parameter: as_of=2025-08-05 (date)
-- caveat: tracker=all shows every tracker, side by side.
-- caveat: Lists are known only from captured snapshots. A day before the first of them has no answer.
-- caveat: A list of one date (the map and the sheriffs of 2014, the letters of 2017 and 2018, the report of 2017-02) names nobody on any other day. What a list means is in core.dim_tracker, listed_means and not_listed_means.
-- caveat: A row is a line of the list; lines that repeat a name are one. On ICE's list a line is an agreement: an agency with several forms of support stands as often.
-- caveat: A list is its publisher's verdict, as printed. Not being listed does not mean no.
with asked as (
    select cast($as_of as date) as day
)

select
    listings.listed_name,
    listings.level,
    listings.state_code,
    jurisdictions.geoid,
    listings.listed_from,
    listings.listed_to,
    trackers.tracker_code
from core.fct_tracker_listing as listings
cross join asked
join core.dim_tracker as trackers using (tracker_key)
join core.dim_jurisdiction as jurisdictions using (jurisdiction_key)
where
    $tracker in ('all', trackers.tracker_code)
    and listings.listed_from <= asked.day
    and (listings.listed_to is null or listings.listed_to > asked.day)
order by
    trackers.tracker_code, listings.level, listings.state_code, listings.listed_name, listings.listed_from,
    listings.support_type, listings.listing_key;
