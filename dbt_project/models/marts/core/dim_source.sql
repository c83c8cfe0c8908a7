select
    {{ surrogate_key(['dataset']) }} as source_key,
    dataset,
    source,
    publisher,
    title,
    homepage,
    domain
from {{ source('raw', 'standing') }}
union all
select
    {{ unknown_key() }} as source_key,
    'unknown' as dataset,
    'unknown' as source,
    'unknown' as publisher,
    'the unknown member' as title,
    cast(null as {{ dbt.type_string() }}) as homepage,
    'unknown' as domain
