-- A budget prints the two years before it is submitted as actual, and what follows as its estimate. The newest budget of a
-- year serves as it prints it, split into grants or not: splits of two budgets do not add up.
with ranked as (
    select
        budget.*,
        max(budget_year) over (partition by account_code, measure, fiscal_year) as newest_budget_year
    from {{ ref('stg_omb__budget') }} as budget
)

select
    {{ surrogate_key(['account_code', 'grant_split', 'measure', 'fiscal_year', 'budget_year']) }} as budget_account_year_key,
    account_code,
    account_name,
    measure,
    grant_split,
    fiscal_year,
    budget_year,
    case when fiscal_year <= budget_year - 2 then 'actual' else 'estimate' end as budget_status,
    budget_year = newest_budget_year as is_newest,
    amount as budget_amount,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from ranked
