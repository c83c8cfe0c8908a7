-- Awards open at the end of each month and money obligated in it, by unit. A unit
-- without a captured award is known to have none only up to the day to which every award is known: else null, not zero.
with open_rows as (
    select
        months.jurisdiction_key,
        months.month_start,
        months.obligated_amount_to_date as obligated_amount,
        nation.assistance_listing,
        nation.fiscal_year,
        nation.nation_amount
    from {{ ref('fct_award_month') }} as months
    left join {{ ref('int_awards__nation') }} as nation
        on months.award_key = nation.award_key
    where months.is_open
),

{{ open_awards_and_shares('month_start') }},

obligated as (
    select
        jurisdiction_key,
        cast({{ dbt.date_trunc('month', 'action_on') }} as date) as month_start,
        sum(obligated_amount) as obligated_amount_in_month
    from {{ ref('fct_award_transaction') }}
    group by jurisdiction_key, cast({{ dbt.date_trunc('month', 'action_on') }} as date)
)

select
    spine.jurisdiction_key,
    spine.month_start,
    scope.awards_scope,
    case
        when open_awards.awards_open is not null then cast(open_awards.awards_open as bigint)
        when spine.last_day <= scope.known_until then cast(0 as bigint)
    end as awards_open,
    case
        when open_awards.awards_open is not null then cast(open_awards.obligated_amount_open as decimal(18, 2))
        when spine.last_day <= scope.known_until then cast(0 as decimal(18, 2))
    end as obligated_amount_open,
    case
        when spine.last_day <= whole_years.known_until
            then cast(coalesce(obligated.obligated_amount_in_month, 0) as decimal(18, 2))
    end as obligated_amount_in_month,
    shares.share_of_nation_percent
from {{ ref('int_crime__unit_spine') }} as spine
cross join {{ ref('int_awards__scope') }} as scope
left join open_awards
    on spine.jurisdiction_key = open_awards.jurisdiction_key and spine.month_start = open_awards.month_start
left join shares
    on spine.jurisdiction_key = shares.jurisdiction_key and spine.month_start = shares.month_start
left join obligated
    on spine.jurisdiction_key = obligated.jurisdiction_key and spine.month_start = obligated.month_start
left join {{ ref('int_awards__whole_years') }} as whole_years
    on spine.fiscal_year = whole_years.fiscal_year
