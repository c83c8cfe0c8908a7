-- Which member of dim_jurisdiction each council is of: its unit by the GEOID of the register, else a member of its own.
with captured as (
    select 'legistar' as source, client, min(concat(_capture_id, '|', _payload_id)) as first_seen, max(_kind) as _kind
    from {{ ref('stg_legistar__matters') }}
    group by client
    union all
    select 'legistar' as source, client, min(concat(_capture_id, '|', _payload_id)) as first_seen, max(_kind) as _kind
    from {{ ref('stg_legistar__histories') }}
    group by client
    union all
    select 'elms' as source, client, min(concat(_capture_id, '|', _payload_id)) as first_seen, max(_kind) as _kind
    from {{ ref('stg_elms__matters') }}
    group by client
    union all
    select source, client, '-|-' as first_seen, 'transcribed' as _kind
    from {{ ref('council_clients') }}
),

councils as (
    select source, client, min(first_seen) as first_seen, min(_kind) as _kind
    from captured
    group by source, client
)

select
    councils.source,
    councils.client,
    coalesce(clients.jurisdiction_name, councils.client) as name,
    geoids.jurisdiction_key is not null as is_resolved,
    coalesce(
        geoids.jurisdiction_key,
        {{ unresolved_key('councils.client', 'cast(null as ' ~ dbt.type_string() ~ ')', "'a council'") }}
    ) as jurisdiction_key,
    coalesce(geoids.level, 'unresolved') as level,
    split_part(councils.first_seen, '|', 1) as _capture_id,
    split_part(councils.first_seen, '|', 2) as _payload_id,
    councils._kind
from councils
left join {{ ref('council_clients') }} as clients
    on councils.client = clients.client and councils.source = clients.source
left join {{ ref('int_identity__geoids') }} as geoids
    on clients.geoid = geoids.geoid
