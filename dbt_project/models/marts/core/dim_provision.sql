select
    {{ surrogate_key(['provision_code']) }} as provision_key,
    provision_code,
    provision_name,
    definition
from {{ ref('provisions') }}
union all
select
    {{ unknown_key() }} as provision_key,
    'unknown' as provision_code,
    'unknown' as provision_name,
    'the unknown member' as definition
