with digits as (
    {% for digit in range(10) %}select {{ digit }} as digit{% if not loop.last %} union all {% endif %}{% endfor %}
),

days as (
    select
        cast({{ dbt.dateadd(
            'day',
            'ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit + 10000 * myriads.digit',
            "cast('1975-01-01' as date)"
        ) }} as date) as calendar_date,
        ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit + 10000 * myriads.digit as day_no
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join (select digit from digits where digit < 3) as myriads
),

parts as (
    select
        calendar_date,
        day_no,
        cast({{ dbt.date_trunc('month', 'calendar_date') }} as date) as month_start,
        cast(extract(year from calendar_date) as int) as calendar_year,
        cast(extract(month from calendar_date) as int) as calendar_month,
        cast(extract(day from calendar_date) as int) as day_of_month
    from days
    where calendar_date < cast('2036-01-01' as date)
)

select
    cast(calendar_year * 10000 + calendar_month * 100 + day_of_month as bigint) as date_key,
    calendar_date,
    month_start,
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'month_start')) }} as date) as month_end,
    calendar_year,
    cast(floor((calendar_month - 1) / 3) + 1 as int) as calendar_quarter,
    calendar_month,
    -- 1 January 1975 was a Wednesday
    cast((day_no + 2) % 7 + 1 as int) as weekday,
    -- the federal fiscal year runs from 1 October to 30 September and bears the number of the year it ends in
    cast(calendar_year + case when calendar_month >= 10 then 1 else 0 end as int) as fiscal_year,
    cast(floor(((calendar_month + 2) % 12) / 3) + 1 as int) as fiscal_quarter
from parts
union all
select
    cast(-1 as bigint) as date_key,
    cast(null as date) as calendar_date,
    cast(null as date) as month_start,
    cast(null as date) as month_end,
    cast(null as int) as calendar_year,
    cast(null as int) as calendar_quarter,
    cast(null as int) as calendar_month,
    cast(null as int) as weekday,
    cast(null as int) as fiscal_year,
    cast(null as int) as fiscal_quarter
