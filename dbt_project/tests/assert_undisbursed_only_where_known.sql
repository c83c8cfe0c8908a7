-- Undisbursed money is of the whole award: its own total less its own outlay, and unknown where either is.
select award_key, own_amount, outlayed_amount, undisbursed_amount
from {{ ref('fct_award') }}
where (undisbursed_amount is null) <> (outlayed_amount is null or own_amount is null or is_aggregate)
    or undisbursed_amount <> own_amount - outlayed_amount
