-- question: Which federal policing awards does a jurisdiction hold on a day, and what makes up the sum?
-- title: Which federal policing awards does {jurisdiction} hold on {as_of}, and what makes up the sum?
-- about: awards
-- parameter: jurisdiction=Chicago (place)
-- parameter: as_of= (date)
-- caveat: Only the awards of this release are listed: see meta.capture.note. The recorded edition has 83 transcribed awards, which is not all of them, as USAspending gave them on 2024-05-28.
-- caveat: An empty undisbursed is unknown, not zero: the outlay was not reported by that day. Outlays change without notice: see outlay_as_of.
-- caveat: share_of_nation_percent covers all captured awards of the jurisdiction: their share of what the nation obligated under the same listings in the same years (share_note). An award's fiscal year is its own; an obligation counts in the year of its action.
-- caveat: As of a past day, the obligation is the sum of the transactions up to that day. If they are not captured, the last known total is shown, and obligated_from says so.
-- caveat: A tracker's verdict is its publisher's. Not being listed does not mean no.
-- column: jurisdiction: Government unit that holds the award. Never null.
-- column: is_open: Whether the award ends on the day asked or later. Null if its end is not known.
-- column: obligated_amount (USD): What the award had obligated by the day asked, if its transactions are captured; else the total last seen. Null if it is not known.
-- column: outlayed_amount (USD): Paid out, as last seen by the day asked. Null if it is not known for that day (not zero).
-- column: undisbursed_amount (USD): What the award itself had obligated on outlay_as_of, less what was paid out by then. Null if the outlay is not known for the day asked.
-- column: officers (count): Officers that the award funds, as reported. Null if no number was reported.
-- column: trackers: Trackers that list the jurisdiction on the day asked, each with its verdict and since when. Null if none does.
-- column: address: The award's page at USAspending. Null if its unique key is not known.
with asked as (
    select
        coalesce(cast(nullif($as_of, '') as date), (select cast(max(last_retrieved_at) as date) from meta.source_status)) as as_of,
        (select cast(max(last_retrieved_at) as date) from meta.source_status) as known_until
),

units as (
    select jurisdiction_key, name, state_code
    from core.dim_jurisdiction
    where jurisdiction_key = $jurisdiction
),

obligated_by_then as (
    select transactions.award_key, sum(transactions.obligated_amount) as obligated_amount
    from core.fct_award_transaction as transactions
    cross join asked
    where transactions.action_on <= asked.as_of
    group by transactions.award_key
),

listed as (
    select
        units_listed.*,
        coalesce(' since ' || units_listed.listed_since, ', first seen ' || units_listed.listed_from) as known_from
    from core.fct_listed_unit as units_listed
    cross join asked
    where units_listed.listed_from <= asked.as_of
        and (units_listed.listed_to is null or units_listed.listed_to > asked.as_of)
),

verdicts as (
    select
        listed.jurisdiction_key,
        string_agg(
            distinct listed.tracker_code || ': ' || listed.verdict || listed.known_from, '; '
            order by listed.tracker_code || ': ' || listed.verdict || listed.known_from
        ) as trackers
    from listed
    group by listed.jurisdiction_key
)

select
    units.name as jurisdiction,
    awards.fain,
    awards.program_area,
    awards.start_on,
    awards.end_on,
    awards.end_on >= asked.as_of as is_open,
    case
        when asked.as_of < asked.known_until and awards.obligated_from = 'its transactions'
            then coalesce(obligated_by_then.obligated_amount, 0)
        else awards.obligated_amount
    end as obligated_amount,
    awards.obligated_from,
    case when awards.outlay_as_of <= asked.as_of then awards.outlayed_amount end as outlayed_amount,
    case when awards.outlay_as_of <= asked.as_of then awards.undisbursed_amount end as undisbursed_amount,
    awards.outlay_as_of,
    awards.officers_funded_reported as officers,
    verdicts.trackers,
    recipients.match_method,
    shares.share_of_nation_percent,
    shares.share_note,
    'https://www.usaspending.gov/award/' || awards.award_unique_key as address
from core.fct_award as awards
cross join asked
join units using (jurisdiction_key)
join core.dim_recipient as recipients using (recipient_key)
left join obligated_by_then using (award_key)
left join verdicts using (jurisdiction_key)
left join analysis.mart_award_share as shares
    on shares.share_scope = 'jurisdiction' and awards.jurisdiction_key = shares.jurisdiction_key
where coalesce(awards.signed_on, awards.start_on, asked.as_of) <= asked.as_of
order by jurisdiction, awards.start_on, awards.fain;
