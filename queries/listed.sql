-- question: Which jurisdictions did a tracker list on a day?
-- parameter: tracker=doj
-- parameter: day=2025-08-05
-- caveat: Known only from the snapshots that were captured: a day before the first of them has no answer.
-- caveat: One publisher's verdict, as printed.
select
    listings.listed_name,
    listings.listed_level,
    listings.state_code,
    jurisdictions.geoid,
    listings.listed_from,
    listings.listed_to
from core.fct_tracker_listing as listings
join core.dim_tracker as trackers using (tracker_key)
join core.dim_jurisdiction as jurisdictions using (jurisdiction_key)
where
    trackers.tracker_code = $tracker
    and listings.listed_from <= cast($day as date)
    and (listings.listed_to is null or listings.listed_to > cast($day as date))
order by listings.listed_level, listings.state_code, listings.listed_name;
