-- Fiscal years whose transactions were captured whole, by whichever way. Files of what changed since hold later days too.
with changes as (
    select max(content_as_of) as content_as_of
    from {{ source('raw', 'capture') }}
    where dataset = 'usaspending__transactions' and is_serving and slice = 'changed'
)

select
    try_cast(substr(captures.slice, 3, 4) as int) as fiscal_year,
    max(captures.content_as_of) as content_as_of,
    -- what was signed on the file's own day may be missing
    cast({{ dbt.dateadd(
        'day', -1, 'cast(greatest(max(captures.content_as_of), max(changes.content_as_of)) as date)'
    ) }} as date) as known_until
from {{ source('raw', 'capture') }} as captures
cross join changes
where captures.dataset = 'usaspending__transactions' and captures.is_serving and substr(captures.slice, 1, 2) = 'FY'
group by try_cast(substr(captures.slice, 3, 4) as int)
