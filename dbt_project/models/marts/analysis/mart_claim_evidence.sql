select
    claim_evidence_key,
    claim_id,
    rule_id,
    evidence_role,
    says as rule_says,
    publisher,
    printed_on,
    figure as evidence_figure,
    unit as evidence_unit,
    cast(officers as bigint) as officers_stated,
    evidence_text,
    source_citation,
    evidence_table,
    evidence_id
from {{ ref('int_awards__claim_evidence') }}
