-- question: How much do the jurisdictions on a sanctuary list hold in the captured awards?
-- title: How much do the jurisdictions on {tracker} hold in the captured awards?
-- about: listings
-- headline: yes
-- parameter: tracker=doj (sanctuary_tracker)
-- caveat: Sums cover the captured awards only. The recorded edition has 83 transcribed awards, which is not all of them.
-- caveat: A court order without a known end was in force on the day given. Whether it still is, is not known.
-- caveat: An empty listed_since means unknown: the first captured list, of first_seen_on, already contains the name.
-- caveat: This is one tracker's verdict. Not being listed does not mean no. Outlays are known for some awards only.
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
