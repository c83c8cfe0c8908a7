-- Freshness by introductions: LastModified moves where nothing new comes.
with captured as (
    select
        dataset,
        split_part(slice, ':', 1) as client,
        max(retrieved_at) as last_retrieved_at,
        max(case when kind = 'fetched' then 1 else 0 end) as is_fetched,
        max(case when is_stale then 1 else 0 end) as is_stale
    from {{ source('raw', 'capture') }}
    where is_serving and dataset in ('legistar__matters', 'elms__matters')
    group by dataset, split_part(slice, ':', 1)
),

matters as (
    select
        source,
        client,
        count(*) as matters,
        max(case when introduced_on <= cast(_retrieved_at as date) then introduced_on end) as newest_introduced_on
    from {{ ref('int_ordinances__council_matters') }}
    group by source, client
),

found as (
    select
        matters.source,
        matters.client,
        count(*) as relevant_matters
    from {{ ref('int_ordinances__council_matters') }} as matters
    inner join {{ ref('int_ordinances__council_found') }} as found
        on matters.council_matter_key = found.council_matter_key
    where found.is_relevant
    group by matters.source, matters.client
),

unread as (
    select
        council_source,
        council_client,
        count(*) as wordings,
        sum(times) as times
    from {{ ref('council_wording') }}
    where reading = 'unread'
    group by council_source, council_client
)

select
    clients.client,
    clients.source as council_source,
    councils.jurisdiction_key,
    jurisdictions.name as jurisdiction_name,
    clients.access,
    cast(coalesce(matters.matters, 0) as bigint) as matters,
    cast(coalesce(found.relevant_matters, 0) as bigint) as relevant_matters,
    cast(coalesce(unread.wordings, 0) as bigint) as unread_wordings,
    cast(coalesce(unread.times, 0) as bigint) as unread_times,
    matters.newest_introduced_on,
    captured.last_retrieved_at,
    case
        when captured.client is null then 'nothing captured'
        when captured.is_stale = 1 then 'stale'
        when captured.is_fetched = 0 then 'files only'
        else 'serving'
    end as state,
    clients.said_by
from {{ ref('council_clients') }} as clients
inner join {{ ref('int_ordinances__council_units') }} as councils
    on clients.client = councils.client and clients.source = councils.source
inner join {{ ref('dim_jurisdiction') }} as jurisdictions
    on councils.jurisdiction_key = jurisdictions.jurisdiction_key
left join captured
    on clients.client = captured.client and captured.dataset = concat(clients.source, '__matters')
left join matters
    on clients.client = matters.client and clients.source = matters.source
left join found
    on clients.client = found.client and clients.source = found.source
left join unread
    on clients.client = unread.council_client and clients.source = unread.council_source
