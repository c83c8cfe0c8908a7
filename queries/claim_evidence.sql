-- question: What was printed about each claim of the article, in which role, by which rule, and where?
-- about: release
-- caveat: A printed figure decides only if it is what was claimed, a part of it or the whole that it is part of. Other figures are shown for context. The article is never evidence for itself.
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
order by claim_id, evidence_role, evidence_figure, evidence_text, trace;
