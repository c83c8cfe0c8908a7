select
    announced.announced_award_key,
    case
        when announced.fain is not null then {{ surrogate_key(['announced.fain', 'announced.awarding_agency_code']) }}
    end as award_key,
    announced.award_rule,
    announced.is_resolved,
    announced.jurisdiction_key,
    coalesce(awards.recipient_key, {{ unknown_key() }}) as recipient_key,
    {{ program_key('announced.assistance_listing', 'announced.program_area') }} as program_key,
    announced.program_area,
    announced.assistance_listing,
    announced.fiscal_year,
    announced.agency_name,
    announced.agency_kind,
    announced.state_code,
    announced.announced_by,
    announced.document,
    announced.document_date,
    announced.announced_on,
    announced.announced_precision,
    announced.source_citation,
    announced.announced_amount,
    announced.is_rounded,
    cast(announced.witnesses as bigint) as witnesses,
    announced.least_amount as least_announced_amount,
    announced.most_amount as most_announced_amount,
    cast(announced.officers_announced as bigint) as officers_announced,
    announced.match_method,
    announced.match_score,
    announced.match_evidence,
    announced._capture_id,
    announced._payload_id,
    announced._record_no,
    announced._kind
from {{ ref('int_awards__announced') }} as announced
left join {{ ref('fct_award') }} as awards
    on {{ surrogate_key(['announced.fain', 'announced.awarding_agency_code']) }} = awards.award_key
