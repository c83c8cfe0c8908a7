select
    {{ surrogate_key(['offense_code']) }} as offense_key,
    offense_code,
    offense_name,
    is_violent,
    fbi_code,
    ncvs_rule,
    definition,
    is_total,
    is_overlapping
from {{ ref('offenses') }}
union all
select
    {{ unknown_key() }} as offense_key,
    'unknown' as offense_code,
    'unknown' as offense_name,
    cast(null as boolean) as is_violent,
    cast(null as {{ dbt.type_string() }}) as fbi_code,
    cast(null as {{ dbt.type_string() }}) as ncvs_rule,
    'the unknown member' as definition,
    false as is_total,
    false as is_overlapping
