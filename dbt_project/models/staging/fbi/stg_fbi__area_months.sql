select
    level,
    area,
    offense_code,
    month_start,
    offenses,
    cleared,
    population,
    participated_population,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_fbi__area_months') }}
where _fate = 'staged'
