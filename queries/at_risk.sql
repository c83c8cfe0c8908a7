-- question: How much do the jurisdictions on a sanctuary list hold in the captured awards?
-- title: How much do the jurisdictions on {tracker} hold in the captured awards?
-- about: listings
-- headline: 6 rows of jurisdiction_name, awards, obligated_usd, share_of_nation_percent, of_it_open_usd
-- parameter: tracker=doj (sanctuary_tracker)
-- caveat: Sums cover the captured awards only. The recorded edition has 83 transcribed awards, which is not all of them, as USAspending gave them on 2024-05-28.
-- caveat: share_of_nation_percent is the captured awards' share of what the whole nation obligated under the same listings in the same years. An award's fiscal year is its own, an obligation counts in the year of its action. share_note says what is compared.
-- caveat: A court order without a known end was in force on the day given. Whether it still is, is not known.
-- caveat: An empty listed_since means unknown: the first captured list, of first_seen_on, already contains the name.
-- caveat: This is one tracker's verdict. Not being listed does not mean no. Outlays are known for some awards only.
-- column: obligated_usd (USD): Sum of what the captured awards of the jurisdiction obligated. Null if it has no captured award with an amount.
-- column: of_it_open_usd (USD): The part of obligated_usd in awards that end on the day as of which the release is, or later; without such a day, on that of the newest capture or later. An award whose end is not known is not in it. Never null.
-- column: undisbursed_where_known_usd (USD): Sum of obligated less outlayed, both of the day of the outlay, of the awards whose outlay is known, and of no other. Null if no outlay is known (not zero).
-- column: awards_with_known_outlay (count): Captured awards whose outlay is known; undisbursed_where_known_usd is of these.
-- column: court_orders_of_unknown_end: Court orders in the jurisdiction's favor without a known end, with the day since when and the day as of when each is known. Null if none is known.
select
    risks.jurisdiction_name,
    risks.state_code,
    max(risks.listed_since) as listed_since,
    max(risks.first_seen_on) as first_seen_on,
    sum(risks.awards) as awards,
    sum(risks.obligated_amount) as obligated_usd,
    max(shares.share_of_nation_percent) as share_of_nation_percent,
    sum(risks.obligated_amount_open) as of_it_open_usd,
    sum(risks.undisbursed_amount) as undisbursed_where_known_usd,
    sum(risks.awards_with_outlay) as awards_with_known_outlay,
    max(risks.injunctions) as court_orders_of_unknown_end,
    max(shares.share_note) as share_note
from analysis.mart_grants_at_risk as risks
left join analysis.mart_award_share as shares
    on shares.share_scope = 'jurisdiction' and risks.jurisdiction_key = shares.jurisdiction_key
where risks.tracker_code = $tracker and risks.tracker_verdict = 'sanctuary'
group by risks.jurisdiction_key, risks.jurisdiction_name, risks.state_code
order by obligated_usd desc, risks.jurisdiction_name, risks.state_code;
