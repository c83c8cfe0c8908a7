select
    {{ surrogate_key(['victim_group_code']) }} as victim_group_key,
    victim_group_code,
    victim_group_name,
    ncvs_rule,
    definition,
    is_total
from {{ ref('victim_groups') }}
union all
select
    {{ unknown_key() }} as victim_group_key,
    'unknown' as victim_group_code,
    'unknown' as victim_group_name,
    cast(null as {{ dbt.type_string() }}) as ncvs_rule,
    'the unknown member' as definition,
    false as is_total
