-- Captured awards of a unit that are open on the last day of each year, and what they hold. A unit
-- without one is known to have none only up to the day to which every award is known: else null, not zero.
with open_rows as (
    select
        spine.jurisdiction_key,
        spine.calendar_year,
        awards.obligated_amount,
        nation.assistance_listing,
        nation.fiscal_year,
        nation.nation_amount
    from {{ ref('int_crime__unit_year_spine') }} as spine
    inner join {{ ref('fct_award') }} as awards
        on
            spine.jurisdiction_key = awards.jurisdiction_key
            and awards.start_on < spine.next_year
            and awards.end_on >= spine.last_day
    left join {{ ref('int_awards__nation') }} as nation
        on awards.award_key = nation.award_key
),

{{ open_awards_and_shares('calendar_year') }}

select
    spine.jurisdiction_key,
    spine.calendar_year,
    scope.awards_scope,
    case
        when open_awards.awards_open is not null then cast(open_awards.awards_open as bigint)
        when spine.last_day <= scope.known_until then cast(0 as bigint)
    end as awards_open,
    case
        when open_awards.awards_open is not null then cast(open_awards.obligated_amount_open as decimal(18, 2))
        when spine.last_day <= scope.known_until then cast(0 as decimal(18, 2))
    end as obligated_amount_open,
    shares.share_of_nation_percent
from {{ ref('int_crime__unit_year_spine') }} as spine
cross join {{ ref('int_awards__scope') }} as scope
left join open_awards
    on spine.jurisdiction_key = open_awards.jurisdiction_key and spine.calendar_year = open_awards.calendar_year
left join shares
    on spine.jurisdiction_key = shares.jurisdiction_key and spine.calendar_year = shares.calendar_year
