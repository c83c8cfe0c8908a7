with captured as (
    select distinct tracker_code from {{ ref('int_ordinances__snapshots') }}
)

select
    {{ surrogate_key(['trackers.tracker_code']) }} as tracker_key,
    trackers.tracker_code,
    tracker_name,
    publisher,
    stance,
    verdict,
    definition,
    homepage,
    lasts,
    case when captured.tracker_code is null then 'nothing' else trackers.holds end as holds,
    listed_means,
    not_listed_means
from {{ ref('trackers') }} as trackers
left join captured
    on trackers.tracker_code = captured.tracker_code
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
