-- Where a month is held both as rows and as the city's own count, the two differ by no more than incident_tolerance
-- (a share): sets change between two captures, records without a number or with wrong dates count in one of them alone.
{{ config(severity='warn') }}

with totals as (
    select
        set_id,
        month_start,
        sum(case when counted_from = 'rows' then reports end) as in_rows,
        sum(case when counted_from = 'aggregates' then reports end) as as_counted
    from {{ ref('int_crime__incident_counts') }}
    group by set_id, month_start
)

select
    set_id,
    month_start,
    in_rows,
    as_counted
from totals
where in_rows is not null and as_counted is not null
    and abs(in_rows - as_counted) > {{ var('incident_tolerance') }} * as_counted
