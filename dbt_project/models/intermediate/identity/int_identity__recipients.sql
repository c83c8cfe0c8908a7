-- Award recipients with the unit that their names are matched to, and the agency that they are, if any.
with resolved as (
    select
        recipients.*,
        names.state_code as resolved_state_code,
        names.kind,
        names.is_resolved,
        names.jurisdiction_key,
        names.match_method,
        names.match_score,
        names.match_evidence,
        names.located_in_jurisdiction_key,
        names.located_in_method,
        names.is_police,
        names.is_sheriff
    from {{ ref('int_awards__recipients') }} as recipients
    left join {{ ref('int_identity__resolved') }} as names
        on {{ printed_id("'usaspending'", 'recipients.recipient_name', 'recipients.recipient_state_code', 'recipients.recipient_city_name', 'recipients.recipient_county_name', business_type_hint('recipients.business_types')) }} = names.printed_id
        -- words in place of a name are not a name: two redacted persons are not one unresolved name
        and upper(recipients.recipient_name) not in ('MULTIPLE RECIPIENTS', 'REDACTED DUE TO PII')
)

select
    resolved.recipient_id,
    resolved.recipient_id_kind,
    resolved.recipient_name,
    resolved.recipient_uei,
    resolved.recipient_duns,
    resolved.resolved_state_code as state_code,
    coalesce(resolved.kind, 'unknown') as recipient_kind,
    coalesce(resolved.is_resolved, false) as is_resolved,
    coalesce(resolved.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    coalesce(resolved.match_method, 'unresolved') as match_method,
    resolved.match_score,
    coalesce(resolved.match_evidence, 'no name in the record') as match_evidence,
    resolved.located_in_jurisdiction_key,
    resolved.located_in_method,
    agencies.ori as agency_ori,
    resolved._capture_id,
    resolved._payload_id,
    resolved._record_no,
    resolved._kind
from resolved
left join {{ ref('int_identity__sole_agencies') }} as agencies
    on
        resolved.jurisdiction_key = agencies.jurisdiction_key
        and resolved.is_sheriff = agencies.is_sheriff
        and (resolved.is_sheriff or resolved.is_police)
