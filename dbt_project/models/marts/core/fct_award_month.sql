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

awards as (
    select
        award_key,
        recipient_key,
        jurisdiction_key,
        program_key,
        start_on,
        end_on,
        cast({{ dbt.date_trunc('month', 'start_on') }} as date) as first_month,
        obligated_amount,
        obligated_from = 'its transactions' as is_from_transactions,
        outlayed_amount,
        outlay_as_of,
        _capture_id,
        _payload_id,
        _record_no,
        _kind
    from {{ ref('fct_award') }}
),

-- what was obligated before the award's first month belongs to it
actions as (
    select
        transactions.award_key,
        greatest(
            cast({{ dbt.date_trunc('month', 'transactions.action_on') }} as date), awards.first_month
        ) as month_start,
        transactions.obligated_amount
    from {{ ref('fct_award_transaction') }} as transactions
    inner join awards
        on transactions.award_key = awards.award_key
    where awards.is_from_transactions
),

in_months as (
    select
        award_key,
        month_start,
        sum(obligated_amount) as obligated_amount
    from actions
    group by award_key, month_start
),

-- what was obligated by then, from one month with an action to the next
spells as (
    select
        award_key,
        month_start as from_month,
        lead(month_start) over (partition by award_key order by month_start) as to_month,
        sum(obligated_amount) over (
            partition by award_key order by month_start rows between unbounded preceding and current row
        ) as obligated_amount_to_date
    from in_months
)

select
    {{ surrogate_key(['awards.award_key', 'months.month_date_key']) }} as award_month_key,
    awards.award_key,
    awards.recipient_key,
    awards.jurisdiction_key,
    awards.program_key,
    months.month_date_key,
    months.month_start,
    awards.start_on <= months.month_end and awards.end_on >= months.month_end as is_open,
    cast(case
        when awards.is_from_transactions then coalesce(spells.obligated_amount_to_date, 0)
        else awards.obligated_amount
    end as decimal(18, 2)) as obligated_amount_to_date,
    case
        when awards.is_from_transactions then 'its transactions by then'
        else 'the last known total'
    end as obligated_from,
    case when awards.outlay_as_of <= months.month_end then awards.outlayed_amount end as outlayed_amount_to_date,
    awards._capture_id,
    awards._payload_id,
    awards._record_no,
    awards._kind
from awards
inner join months
    on awards.start_on <= months.month_end and awards.end_on >= months.month_start
left join spells
    on
        awards.award_key = spells.award_key
        and months.month_start >= spells.from_month
        and (spells.to_month is null or months.month_start < spells.to_month)
