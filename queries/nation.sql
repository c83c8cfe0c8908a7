-- question: What did each listing obligate in the whole country, and how much of it do the captured awards hold?
-- about: release
-- caveat: An award's fiscal year is its own (the year in its number); an obligation counts in the year of its action. The hiring awards of FY2021 were obligated in FY2022, and the total of FY2021 is negative: more was taken back than newly obligated (figure_note).
-- caveat: As seen on seen_on; earlier sightings are in core.fct_listing_year_seen.
-- column: nation_obligated_usd (USD): What was obligated nationwide under the listing in the fiscal year. Null if the publisher does not cover it.
-- column: captured_awards (count): Captured awards of that listing and year. 0: none is captured, which does not mean that there is none. Never null.
-- column: captured_usd (USD): What these captured awards obligated. Null if none is captured.
select
    listings.assistance_listing,
    names.listing_name,
    listings.fiscal_year,
    listings.obligated_amount as nation_obligated_usd,
    listings.seen_on,
    coalesce(shares.awards, 0) as captured_awards,
    shares.obligated_amount as captured_usd,
    shares.share_of_nation_percent,
    listings.figure_note
from core.fct_listing_year as listings
left join analysis.mart_award_share as shares
    on shares.share_scope = 'listing and fiscal year' and listings.assistance_listing = shares.assistance_listing
    and listings.fiscal_year = shares.fiscal_year
join core.dim_assistance_listing as names using (assistance_listing_key)
where listings.is_total
order by listings.assistance_listing, listings.fiscal_year;
