-- headline: yes
-- question: What does the warehouse say about each claim of the article of 2017-03-27?
-- about: release
-- caveat: "no data yet" and "not testable" are answers. Nothing is guessed.
select
    claim_id,
    claimed_value,
    unit,
    computed_value,
    verdict,
    why
from analysis.mart_claim_check
order by verdict, claim_id;
