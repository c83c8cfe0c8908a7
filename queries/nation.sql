-- question: What did each listing obligate in the whole country, and how much of it do the captured awards hold?
-- about: release
-- caveat: An award's fiscal year is its own (the year in its number); an obligation counts in the year of its action. The hiring awards of FY2021 were obligated in FY2022, and the total of FY2021 is negative: more was taken back than newly obligated.
-- caveat: As seen on seen_on; earlier sightings are in core.fct_listing_year_seen.
-- column: nation_obligated_usd (USD): What was obligated nationwide under the listing in the fiscal year: the inventory's figure, else the sum of the award search's type groups. Null if the publisher does not cover it.
-- column: figure_note: What must be known of the figure, of each type group where it is their sum. Null where nothing.
-- column: captured_awards (count): Captured awards of that listing and year. 0: none is captured, which does not mean that there is none. Never null.
-- column: captured_usd (USD): What these captured awards obligated. Null if none is captured.
with figures as (
    -- the whole year where the inventory has it, else the sum of the search's type groups
    select
        assistance_listing,
        fiscal_year,
        coalesce(
            max(obligated_amount) filter (where is_total), sum(obligated_amount) filter (where not is_total)
        ) as nation_obligated_usd,
        max(obligated_amount) filter (where is_total) is not null or bool_and(is_total) as is_whole
    from core.fct_listing_year
    group by assistance_listing, fiscal_year
)

select
    listings.assistance_listing,
    max(names.listing_name) as listing_name,
    listings.fiscal_year,
    max(figures.nation_obligated_usd) as nation_obligated_usd,
    max(listings.seen_on) as seen_on,
    coalesce(max(shares.awards), 0) as captured_awards,
    max(shares.obligated_amount) as captured_usd,
    max(shares.share_of_nation_percent) as share_of_nation_percent,
    string_agg(
        case when listings.is_total then '' else replace(listings.type_group, '_', ' ') || ': ' end || listings.figure_note,
        '; ' order by listings.type_group
    ) as figure_note
from core.fct_listing_year as listings
join figures
    on listings.assistance_listing = figures.assistance_listing and listings.fiscal_year = figures.fiscal_year
    and listings.is_total = figures.is_whole
left join analysis.mart_award_share as shares
    on shares.share_scope = 'listing and fiscal year' and listings.assistance_listing = shares.assistance_listing
    and listings.fiscal_year = shares.fiscal_year
join core.dim_assistance_listing as names using (assistance_listing_key)
group by listings.assistance_listing, listings.fiscal_year
order by listings.assistance_listing, listings.fiscal_year;
