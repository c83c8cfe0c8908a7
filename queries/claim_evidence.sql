-- question: What was printed that bears on each claim of the article, by which rule, and where does it stand?
-- about: release
-- caveat: Only what supports, contradicts, is the whole or a part of a claim decides; what stands beside it does not. The article is never evidence for itself.
-- column: trace: What to type to follow the evidence to its source. Never null.
select
    claim_id,
    evidence_role,
    evidence_figure,
    evidence_unit,
    officers_stated,
    evidence_text,
    rule_says,
    source_citation,
    'clawback trace ' || evidence_table || ' ' || evidence_id as trace
from analysis.mart_claim_evidence
order by claim_id, evidence_role, evidence_figure, evidence_text;
