with datasets as (
    {% for dataset in var('datasets') %}
    select '{{ dataset }}' as dataset{% if not loop.last %} union all{% endif %}
    {% endfor %}
)

select
    datasets.dataset,
    max(captures.publisher) as publisher,
    min(captures.kind) as kind,
    cast(count(case when captures.is_serving then 1 end) as bigint) as captures_serving,
    cast(count(case when captures.status = 'rejected' then 1 end) as bigint) as captures_rejected,
    cast(coalesce(sum(case when captures.is_serving then captures.records end), 0) as bigint) as records,
    max(case when captures.is_serving then captures.retrieved_at end) as last_retrieved_at,
    max(case when captures.is_serving then captures.content_newest end) as content_newest,
    cast(count(case when captures.is_serving and captures.is_stale then 1 end) as bigint) as slices_stale,
    case
        when count(case when captures.is_serving then 1 end) = 0 then 'nothing captured'
        when count(case when captures.is_serving and captures.is_stale then 1 end) > 0 then 'stale'
        else 'serving'
    end as state,
    max(case when captures.is_serving then captures.note end) as note
from datasets
left join {{ source('raw', 'capture') }} as captures
    on datasets.dataset = captures.dataset
group by datasets.dataset
