-- Each award beside what the nation obligated under its listing in its year. An award's fiscal year is its own (the
-- year in its number); an obligation's is its action's: the two differ where an award is signed after its year's end.
with listed as (
    select
        awards.award_key,
        awards.jurisdiction_key,
        awards.program_area,
        awards.fiscal_year,
        awards.obligated_amount,
        case
            when programs.assistance_listing <> 'unknown' then programs.assistance_listing
            -- the award search names no listing: until FY2024 the Office's awards were all of one
            when awards.fain like '15JCOPS%' and awards.fiscal_year <= 2024 then offices.assistance_listing
            when awards.fiscal_year <= 2020 and programs.is_cops_office then offices.assistance_listing
            else since.assistance_listing
        end as assistance_listing
    from {{ ref('fct_award') }} as awards
    inner join {{ ref('dim_program') }} as programs
        on awards.program_key = programs.program_key
    left join {{ listings_since_fy2025() }} as since
        on awards.program_area = since.program_area
    cross join (
        select min(assistance_listing) as assistance_listing
        from {{ ref('assistance_listings') }}
        where office = 'COPS' and era = 'to FY2024'
    ) as offices
),

figures as (
    select
        assistance_listing,
        fiscal_year,
        is_total,
        obligated_amount,
        seen_on,
        figure_note,
        max(case when is_total and obligated_amount is not null then 1 else 0 end) over (
            partition by assistance_listing, fiscal_year
        ) = 1 as has_total
    from {{ ref('fct_listing_year') }}
),

-- the whole year where the inventory has it, else the sum of the search's type groups; its day and its note are of the same
years as (
    select
        assistance_listing,
        fiscal_year,
        sum(obligated_amount) as nation_amount,
        max(seen_on) as seen_on,
        max(figure_note) as figure_note
    from figures
    where is_total = has_total
    group by assistance_listing, fiscal_year
)

select
    listed.award_key,
    listed.jurisdiction_key,
    listed.program_area,
    listed.fiscal_year,
    listed.assistance_listing,
    listed.obligated_amount,
    years.nation_amount,
    years.seen_on,
    years.figure_note
from listed
left join years
    on listed.assistance_listing = years.assistance_listing and listed.fiscal_year = years.fiscal_year
