-- Agencies that send months or victims and stand in no register that was captured: their number is all that is known.
select
    months.ori,
    {{ unresolved_key('months.ori', 'cast(null as ' ~ dbt.type_string() ~ ')', "'agency of no register'") }} as jurisdiction_key,
    -- all three of one record, the first that names the agency
    {% for part in ['_capture_id', '_payload_id', '_kind'] -%}
    split_part(min(concat(months._capture_id, '|', months._payload_id, '|', months._kind)), '|', {{ loop.index }}) as {{ part }}
    {{- ',' if not loop.last }}
    {% endfor -%}
from (
    select ori, _capture_id, _payload_id, _kind from {{ ref('int_crime__months') }}
    union all
    select ori, _capture_id, _payload_id, _kind from {{ ref('int_crime__victim_agency_months') }}
) as months
left join {{ ref('int_crime__agencies') }} as agencies
    on months.ori = agencies.ori
where agencies.ori is null
group by months.ori
