-- Fiscal years whose transactions were captured whole, by whichever way.
select
    try_cast(substr(slice, 3, 4) as int) as fiscal_year,
    max(content_as_of) as content_as_of
from {{ source('raw', 'capture') }}
where dataset = 'usaspending__transactions' and is_serving and substr(slice, 1, 2) = 'FY'
group by try_cast(substr(slice, 3, 4) as int)
