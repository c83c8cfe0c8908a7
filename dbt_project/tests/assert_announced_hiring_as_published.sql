-- The totals that the COPS Office announced for its hiring programme, where that year's list is captured:
-- FY2017 98,495,397 USD, 179 agencies, 802 officers (2017-11-20); FY2020 393,954,911 USD, 596, 2,732 (2020-06-02).
with published as (
    select 2017 as fiscal_year, 98495397 as amount, 179 as agencies, 802 as officers
    union all
    select 2020 as fiscal_year, 393954911 as amount, 596 as agencies, 2732 as officers
),

captured as (
    select
        fiscal_year,
        sum(announced_amount) as amount,
        count(*) as agencies,
        sum(officers_announced) as officers
    from {{ ref('fct_announced_award') }}
    -- the lists alone: what others printed of single awards is a selection
    where program_area = 'hiring' and document = 'award list'
    group by fiscal_year
)

select captured.*
from captured
inner join published on captured.fiscal_year = published.fiscal_year
where captured.amount <> published.amount or captured.agencies <> published.agencies or captured.officers <> published.officers
