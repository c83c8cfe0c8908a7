-- Undisbursed money is of the whole award and of one day: its own total less its own outlay in one answer, and unknown
-- where either is.
select award_key, own_amount_at_outlay, outlayed_amount, undisbursed_amount
from {{ ref('fct_award') }}
where (undisbursed_amount is null) <> (outlayed_amount is null or own_amount_at_outlay is null or is_aggregate)
    or undisbursed_amount <> own_amount_at_outlay - outlayed_amount
