-- question: Which federal policing awards does a jurisdiction hold, and what is behind the sum?
-- parameter: jurisdiction=Chicago
-- caveat: The awards of this release only: see selection_note (83 awards transcribed, not all there are, in the recorded edition).
-- caveat: An empty undisbursed is unknown, not zero: the outlay was not reported.
select
    awards.fain,
    awards.program_area,
    awards.start_on,
    awards.end_on,
    awards.is_open,
    awards.obligated_amount,
    awards.outlayed_amount,
    awards.undisbursed_amount,
    awards.officers_funded_minimum as officers_min,
    recipients.match_method,
    'https://www.usaspending.gov/award/' || awards.award_unique_key as address
from core.fct_award as awards
join core.dim_jurisdiction as jurisdictions using (jurisdiction_key)
join core.dim_recipient as recipients using (recipient_key)
where jurisdictions.name ilike $jurisdiction || '%'
order by awards.start_on, awards.fain;
