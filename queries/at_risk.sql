-- question: How much do the jurisdictions on a sanctuary list hold in the captured awards?
-- title: How much do the jurisdictions on {tracker} hold in the captured awards?
-- about: listings
-- headline: yes
-- parameter: tracker=doj (sanctuary_tracker)
-- caveat: Sums are of the captured awards only (83 awards transcribed, not all there are, in the recorded edition).
-- caveat: A court order without a known end stood on the day it gives; whether it still does is not known.
-- caveat: An empty listed_since is unknown: the first list that was captured holds the name already, on first_seen_on.
-- caveat: One tracker's verdict. Absence from a list is not a no; outlays are known for some awards only.
select
    jurisdiction_name,
    state_code,
    max(listed_since) as listed_since,
    max(first_seen_on) as first_seen_on,
    sum(awards) as awards,
    sum(obligated_amount) as obligated_usd,
    sum(obligated_amount_open) as of_it_open_usd,
    sum(undisbursed_amount) as undisbursed_where_known_usd,
    sum(awards_with_outlay) as awards_with_known_outlay,
    max(injunctions) as court_orders_of_unknown_end
from analysis.mart_grants_at_risk
where tracker_code = $tracker and tracker_verdict = 'sanctuary'
group by jurisdiction_name, state_code
order by obligated_usd desc;
