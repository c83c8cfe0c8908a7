-- Captured awards of a unit that are open on the last day of each year, and what they hold. Where only a selection of the
-- awards is captured, a unit without one is not known to have none: null, not zero.
with awards_scope as (
    select
        case
            when count(*) = 0 then 'nothing captured'
            when sum(case when kind <> 'transcribed' and selection_field is null then 1 else 0 end) > 0
                then 'all that was asked for'
            else 'a selection'
        end as scope
    from {{ source('raw', 'capture') }}
    where dataset = 'usaspending__awards' and is_serving
),

open_rows as (
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
    awards_scope.scope as awards_scope,
    case
        when open_awards.awards_open is not null then cast(open_awards.awards_open as bigint)
        when awards_scope.scope = 'all that was asked for' then cast(0 as bigint)
    end as awards_open,
    case
        when open_awards.awards_open is not null then cast(open_awards.obligated_amount_open as decimal(18, 2))
        when awards_scope.scope = 'all that was asked for' then cast(0 as decimal(18, 2))
    end as obligated_amount_open,
    shares.share_of_nation_percent
from {{ ref('int_crime__unit_year_spine') }} as spine
cross join awards_scope
left join open_awards
    on spine.jurisdiction_key = open_awards.jurisdiction_key and spine.calendar_year = open_awards.calendar_year
left join shares
    on spine.jurisdiction_key = shares.jurisdiction_key and spine.calendar_year = shares.calendar_year
