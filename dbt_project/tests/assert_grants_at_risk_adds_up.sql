-- For each tracker, the money of mart_grants_at_risk is the money of fct_award, to the cent.
with awarded as (
    select sum(obligated_amount) as obligated_amount, count(*) as awards
    from {{ ref('fct_award') }}
),

by_tracker as (
    select tracker_code, sum(obligated_amount) as obligated_amount, sum(awards) as awards
    from {{ ref('mart_grants_at_risk') }}
    group by tracker_code
)

select
    by_tracker.tracker_code,
    by_tracker.obligated_amount as in_the_mart,
    awarded.obligated_amount as in_the_fact
from by_tracker
cross join awarded
where by_tracker.obligated_amount <> awarded.obligated_amount or by_tracker.awards <> awarded.awards
