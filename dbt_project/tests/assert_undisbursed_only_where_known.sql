-- Undisbursed money is never the whole award because the outlay is unknown.
select award_key, obligated_amount, outlayed_amount, undisbursed_amount
from {{ ref('fct_award') }}
where (outlayed_amount is null) <> (undisbursed_amount is null)
    or undisbursed_amount <> obligated_amount - outlayed_amount
