select
    award_unique_key,
    fain,
    awarding_agency_code,
    obligated_amount,
    outlayed_amount,
    end_on,
    is_not_found,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_usaspending__award_outlays') }}
where _fate = 'staged'
