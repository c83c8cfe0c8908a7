-- Every recipient once, as its newest award prints it.
with named as (
    select
        {{ recipient_id() }} as recipient_id,
        case
            when recipient_uei is not null then 'UEI'
            when recipient_duns is not null then 'DUNS'
            else 'name'
        end as recipient_id_kind,
        recipient_name,
        recipient_uei,
        recipient_duns,
        recipient_state_code,
        recipient_city_name,
        recipient_county_name,
        business_types,
        _capture_id,
        _payload_id,
        _record_no,
        _kind,
        row_number() over (partition by {{ recipient_id() }} order by last_modified_on desc, fain) as newest
    from {{ ref('int_awards__awards') }}
)

select
    recipient_id,
    recipient_id_kind,
    recipient_name,
    recipient_uei,
    recipient_duns,
    recipient_state_code,
    recipient_city_name,
    recipient_county_name,
    business_types,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from named
where newest = 1
