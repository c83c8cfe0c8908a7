-- Months only while an award runs: from the month in which it starts to that in which it ends, as far as they have begun.
with months as (
    select
        dates.date_key as month_date_key,
        dates.calendar_date as month_start,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'dates.calendar_date')) }} as date) as month_end
    from {{ ref('dim_date') }} as dates
    inner join {{ source('raw', 'build') }} as build
        on dates.calendar_date <= build.as_of
    where extract(day from dates.calendar_date) = 1
),

running as (
    select
        awards.*,
        months.month_date_key,
        months.month_start,
        months.month_end,
        row_number() over (partition by awards.award_key order by months.month_start) as month_of_award
    from {{ ref('fct_award') }} as awards
    inner join months
        on awards.start_on <= months.month_end and awards.end_on >= months.month_start
),

-- what was obligated before the award's first month belongs to it
actions as (
    select
        transactions.award_key,
        greatest(
            cast({{ dbt.date_trunc('month', 'transactions.action_on') }} as date),
            cast({{ dbt.date_trunc('month', 'awards.start_on') }} as date)
        ) as month_start,
        sum(transactions.obligated_amount) as obligated_amount
    from {{ ref('fct_award_transaction') }} as transactions
    inner join {{ ref('fct_award') }} as awards
        on transactions.award_key = awards.award_key
    group by
        transactions.award_key,
        greatest(
            cast({{ dbt.date_trunc('month', 'transactions.action_on') }} as date),
            cast({{ dbt.date_trunc('month', 'awards.start_on') }} as date)
        )
)

select
    {{ surrogate_key(['running.award_key', 'running.month_start']) }} as award_month_key,
    running.award_key,
    running.recipient_key,
    running.jurisdiction_key,
    running.program_key,
    running.month_date_key,
    running.month_start,
    running.start_on <= running.month_end and running.end_on >= running.month_end as is_open,
    cast(case
        when running.obligated_from = 'its transactions' then coalesce(sum(actions.obligated_amount) over (
            partition by running.award_key
            order by running.month_of_award
            rows between unbounded preceding and current row
        ), 0)
        else running.obligated_amount
    end as decimal(18, 2)) as obligated_amount_to_date,
    case
        when running.obligated_from = 'its transactions' then 'its transactions by then'
        else 'the last known total'
    end as obligated_from,
    case when running.outlay_as_of <= running.month_end then running.outlayed_amount end as outlayed_amount_to_date,
    running._capture_id,
    running._payload_id,
    running._record_no,
    running._kind
from running
left join actions
    on running.award_key = actions.award_key and running.month_start = actions.month_start
