select
    {{ surrogate_key(['tracker_code']) }} as tracker_key,
    tracker_code,
    tracker_name,
    publisher,
    stance,
    verdict,
    definition,
    homepage,
    lasts,
    holds,
    listed_means,
    not_listed_means
from {{ ref('trackers') }}
union all
select
    {{ unknown_key() }} as tracker_key,
    'unknown' as tracker_code,
    'unknown' as tracker_name,
    'unknown' as publisher,
    'unknown' as stance,
    'unknown' as verdict,
    'the unknown member' as definition,
    cast(null as {{ dbt.type_string() }}) as homepage,
    'unknown' as lasts,
    'unknown' as holds,
    'unknown' as listed_means,
    'unknown' as not_listed_means
