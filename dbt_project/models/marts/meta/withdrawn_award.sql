select
    {{ surrogate_key(['fain', 'awarding_agency_code']) }} as withdrawn_award_key,
    fain,
    awarding_agency_code,
    award_unique_key,
    recipient_name,
    assistance_listing,
    obligated_amount,
    withdrawn_because,
    withdrawn_by,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from {{ ref('int_awards__withdrawn') }}
