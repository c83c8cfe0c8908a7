select
    assistance_listing,
    type_group,
    listing_name,
    popular_name,
    sub_agency_name,
    fiscal_year,
    obligated_amount,
    outlayed_amount,
    sam_actual_amount,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_usaspending__assistance_listings') }}
where _fate = 'staged'
