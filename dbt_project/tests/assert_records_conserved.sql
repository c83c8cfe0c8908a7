-- records captured = staged + quarantined + duplicates + superseded, for every dataset.
with captured as (
    select dataset, sum(records) as records
    from {{ source('raw', 'capture') }}
    where status = 'accepted'
    group by dataset
),

accounted as (
    select dataset, sum(records) as records
    from {{ ref('record_fate') }}
    group by dataset
)

select
    coalesce(captured.dataset, accounted.dataset) as dataset,
    captured.records as records_captured,
    accounted.records as records_accounted
from captured
full outer join accounted on captured.dataset = accounted.dataset
where coalesce(captured.records, 0) <> coalesce(accounted.records, 0)
