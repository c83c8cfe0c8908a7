select
    ori,
    offense_code,
    month_start,
    series_name,
    offenses,
    cleared,
    population,
    newest_data,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_fbi__agency_months') }}
where _fate = 'staged'
