-- Agencies that send months or victims and stand in no register that was captured: their number is all that is known.
select
    months.ori,
    {{ unresolved_key('months.ori', 'cast(null as ' ~ dbt.type_string() ~ ')', "'agency of no register'") }} as jurisdiction_key,
    split_part(min(concat(months._capture_id, '|', months._payload_id)), '|', 1) as _capture_id,
    split_part(min(concat(months._capture_id, '|', months._payload_id)), '|', 2) as _payload_id,
    max(months._kind) as _kind
from (
    select ori, _capture_id, _payload_id, _kind from {{ ref('int_crime__months') }}
    union all
    select ori, _capture_id, _payload_id, _kind from {{ ref('int_crime__victim_agency_months') }}
) as months
left join {{ ref('int_crime__agencies') }} as agencies
    on months.ori = agencies.ori
where agencies.ori is null
group by months.ori
