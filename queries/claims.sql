-- headline: 10 rows of claim_id, claimed_value, unit, computed_value, printed_value, verdict
-- question: What does the warehouse say about each claim of the article of 2017-03-27?
-- about: release
-- caveat: A figure computed from complete captures decides. Where there is none, figures printed by publishers other than the article decide, by written rules (docs/claims.md). `clawback query claim_evidence` lists the evidence.
-- caveat: "no data yet", "not decided" and "not testable" are answers. Nothing is guessed.
select
    claim_id,
    claimed_value,
    unit,
    computed_value,
    printed_value,
    verdict,
    why,
    printed_by,
    evidence,
    evidence_trace
from analysis.mart_claim_check
order by verdict, claim_id;
