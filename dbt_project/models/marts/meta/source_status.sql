with datasets as (
    {% for dataset in declared_datasets() %}
    select '{{ dataset }}' as dataset{% if not loop.last %} union all{% endif %}
    {% endfor %}
),

serving as (
    select
        captures.*,
        row_number() over (
            partition by dataset
            order by retrieved_at desc, capture_id desc
        ) as newest_first
    from {{ source('raw', 'capture') }} as captures
    where is_serving
),

served as (
    select
        dataset,
        count(*) as captures_serving,
        sum(records) as records,
        count(case when is_stale then 1 end) as slices_stale,
        min(kind) as least_kind,
        max(kind) as greatest_kind,
        max(case when newest_first = 1 then capture_id end) as last_capture_id,
        max(case when newest_first = 1 then publisher end) as publisher,
        max(retrieved_at) as last_retrieved_at,
        max(content_newest) as content_newest
    from serving
    group by dataset
),

-- a note is of its capture: one for all of a dataset where all have it, else each with the records that it is of
noted as (
    select
        dataset,
        note,
        count(*) as captures,
        sum(records) as records,
        max(slice) as slice,
        max(retrieved_at) as retrieved_at
    from serving
    where note is not null
    group by dataset, note
),

notes as (
    select
        served.dataset,
        case
            when count(*) = 1 and max(noted.captures) = max(served.captures_serving) then max(noted.note)
            when count(*) > 10 then concat(
                cast(count(*) as {{ dbt.type_string() }}), ' notes of ',
                cast(max(served.captures_serving) as {{ dbt.type_string() }}), ' captures: meta.capture.note has them'
            )
            else {{ joined("concat(coalesce(cast(noted.records as " ~ dbt.type_string() ~ "), 'unknown'), ' of ', coalesce(cast(served.records as " ~ dbt.type_string() ~ "), 'unknown'), ' records (', case when noted.captures = 1 then coalesce(noted.slice, 'one capture') else concat(cast(noted.captures as " ~ dbt.type_string() ~ "), ' captures') end, '): ', noted.note)") }}
        end as note
    from served
    inner join noted
        on served.dataset = noted.dataset
    group by served.dataset
),

rejected as (
    select
        dataset,
        count(*) as captures_rejected
    from {{ source('raw', 'capture') }}
    where status = 'rejected'
    group by dataset
)

select
    datasets.dataset,
    served.publisher,
    case when served.least_kind = served.greatest_kind then served.least_kind
        when served.least_kind is not null then 'mixed' end as kind,
    served.last_capture_id,
    cast(coalesce(served.captures_serving, 0) as bigint) as captures_serving,
    cast(coalesce(rejected.captures_rejected, 0) as bigint) as captures_rejected,
    cast(coalesce(served.records, 0) as bigint) as records,
    served.last_retrieved_at,
    served.content_newest,
    cast(coalesce(served.slices_stale, 0) as bigint) as slices_stale,
    cast(standing.slices_failed as bigint) as slices_failed,
    cast(standing.slices_skipped as bigint) as slices_skipped,
    cast(standing.slices_too_old as bigint) as slices_too_old,
    standing.failed_since,
    standing.reason,
    standing.state,
    notes.note
from datasets
inner join {{ source('raw', 'standing') }} as standing
    on datasets.dataset = standing.dataset
left join served on datasets.dataset = served.dataset
left join notes on datasets.dataset = notes.dataset
left join rejected on datasets.dataset = rejected.dataset
