-- Three parts of one national list. If two years of a part are captured, the newest capture is used.
select
    geoid,
    state_code,
    case length(geoid) when 5 then 'county' when 7 then 'place' else 'town' end as level,
    name,
    lsad,
    functional_status,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_census__gazetteer') }}
where _fate = 'staged'
