-- Which trackers list a unit, or its state, on the last day of each month. Before the first snapshot of any list nothing is
-- known, and the columns are null.
-- sanctuary trackers and agencies that cooperate are opposites: never one count
with sanctuary as (
    select listings.*
    from {{ ref('fct_listed_unit') }} as listings
    inner join {{ ref('dim_tracker') }} as trackers
        on listings.tracker_code = trackers.tracker_code
    -- a list that says of one day only says nothing of the end of any month
    where listings.verdict = 'sanctuary' and trackers.lasts = 'until the next list'
),

agreements as (
    select *
    from {{ ref('fct_tracker_listing') }}
    where verdict = 'cooperates'
),

first_snapshots as (
    select
        (select min(listed_from) from sanctuary) as sanctuary_from,
        (select min(listed_from) from agreements) as cooperates_from
),

first_listed as (
    select
        jurisdiction_key,
        min(listed_from) as first_listed_on,
        -- what the first snapshot names may have been named before it, unless the list came out on that day
        min(listed_since) as first_known_on
    from sanctuary
    group by jurisdiction_key
),

listed as (
    select
        spine.jurisdiction_key,
        spine.month_start,
        count(distinct sanctuary.tracker_code) as sanctuary_trackers
    from {{ ref('int_crime__unit_spine') }} as spine
    inner join sanctuary
        on spine.jurisdiction_key = sanctuary.jurisdiction_key and {{ listed_on('sanctuary', 'spine.last_day') }}
    group by spine.jurisdiction_key, spine.month_start
),

agreed as (
    select
        spine.jurisdiction_key,
        spine.month_start,
        count(*) as agreements_287g
    from {{ ref('int_crime__unit_spine') }} as spine
    inner join agreements
        on spine.jurisdiction_key = agreements.jurisdiction_key and {{ listed_on('agreements', 'spine.last_day') }}
    group by spine.jurisdiction_key, spine.month_start
),

state_listed as (
    select distinct
        spine.jurisdiction_key,
        spine.month_start
    from {{ ref('int_crime__unit_spine') }} as spine
    inner join sanctuary
        on
            spine.state_code = sanctuary.state_code
            and sanctuary.level = 'state'
            and {{ listed_on('sanctuary', 'spine.last_day') }}
)

select
    spine.jurisdiction_key,
    spine.month_start,
    case
        when spine.next_month > first_snapshots.sanctuary_from then cast(coalesce(listed.sanctuary_trackers, 0) as bigint)
    end as sanctuary_trackers,
    case when spine.next_month > first_snapshots.sanctuary_from then state_listed.jurisdiction_key is not null end
        as is_state_listed,
    case
        when spine.next_month > first_snapshots.cooperates_from then cast(coalesce(agreed.agreements_287g, 0) as bigint)
    end as agreements_287g,
    first_listed.first_listed_on,
    case
        when first_listed.first_listed_on is not null
            then coalesce(first_listed.first_known_on > first_listed.first_listed_on, true)
    end as is_first_listing_censored
from {{ ref('int_crime__unit_spine') }} as spine
cross join first_snapshots
left join listed
    on spine.jurisdiction_key = listed.jurisdiction_key and spine.month_start = listed.month_start
left join agreed
    on spine.jurisdiction_key = agreed.jurisdiction_key and spine.month_start = agreed.month_start
left join state_listed
    on spine.jurisdiction_key = state_listed.jurisdiction_key and spine.month_start = state_listed.month_start
left join first_listed
    on spine.jurisdiction_key = first_listed.jurisdiction_key
