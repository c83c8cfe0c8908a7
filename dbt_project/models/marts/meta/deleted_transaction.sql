select
    {{ surrogate_key(['transaction_unique_key']) }} as deleted_transaction_key,
    transaction_unique_key,
    award_id as fain,
    awarding_agency_code,
    modification_number,
    assistance_listing,
    recipient_name,
    action_on,
    cast(fiscal_year as int) as fiscal_year,
    obligated_amount,
    deleted_because,
    cast(deleted_as_of as date) as deleted_by,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from {{ ref('int_awards__transactions') }}
where deleted_because is not null
