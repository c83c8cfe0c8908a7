-- An award that is over holds in its last month what it holds in all, less what was obligated after that month.
with lasts as (
    select
        months.award_key,
        months.obligated_amount_to_date,
        months.month_start,
        row_number() over (partition by months.award_key order by months.month_start desc) as newest
    from {{ ref('fct_award_month') }} as months
),

later as (
    select
        transactions.award_key,
        sum(transactions.obligated_amount) as obligated_amount
    from {{ ref('fct_award_transaction') }} as transactions
    inner join lasts
        on transactions.award_key = lasts.award_key and lasts.newest = 1
    where transactions.action_on >= {{ dbt.dateadd('month', 1, 'lasts.month_start') }}
    group by transactions.award_key
)

select
    awards.award_key,
    awards.obligated_amount,
    lasts.obligated_amount_to_date
from {{ ref('fct_award') }} as awards
inner join lasts
    on awards.award_key = lasts.award_key and lasts.newest = 1
left join later
    on awards.award_key = later.award_key and awards.obligated_from = 'its transactions'
where coalesce(awards.obligated_amount, 0) <> coalesce(lasts.obligated_amount_to_date, 0) + coalesce(later.obligated_amount, 0)
