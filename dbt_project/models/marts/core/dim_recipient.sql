select
    {{ surrogate_key(['recipient_id']) }} as recipient_key,
    recipient_id,
    recipient_id_kind,
    recipient_name,
    recipient_uei,
    recipient_duns,
    state_code,
    recipient_kind,
    jurisdiction_key,
    match_method,
    match_score,
    match_evidence,
    _capture_id,
    _payload_id,
    _kind
from {{ ref('int_identity__recipients') }}
union all
select
    {{ unknown_key() }} as recipient_key,
    'unknown' as recipient_id,
    'name' as recipient_id_kind,
    'unknown' as recipient_name,
    cast(null as {{ dbt.type_string() }}) as recipient_uei,
    cast(null as {{ dbt.type_string() }}) as recipient_duns,
    cast(null as {{ dbt.type_string() }}) as state_code,
    'unknown' as recipient_kind,
    {{ unknown_key() }} as jurisdiction_key,
    'unresolved' as match_method,
    cast(null as double) as match_score,
    'the unknown member' as match_evidence,
    '-' as _capture_id,
    '-' as _payload_id,
    'transcribed' as _kind
