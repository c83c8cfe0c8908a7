-- Every figure that was shown of a listing's year, with the day; the newest of them serves in fct_listing_year.
select
    {{ surrogate_key(['listings._capture_id', 'listings._record_no']) }} as listing_year_seen_key,
    {{ surrogate_key(['listings.assistance_listing', 'listings.fiscal_year', 'listings.type_group']) }} as listing_year_key,
    listings.assistance_listing,
    listings.fiscal_year,
    listings.type_group,
    cast(listings._retrieved_at as date) as seen_on,
    listings._fate = 'staged' as is_newest,
    listings.obligated_amount as shown_obligated_amount,
    listings.outlayed_amount as shown_outlayed_amount,
    listings._capture_id,
    listings._payload_id,
    listings._record_no,
    listings._kind
from {{ ref('base_usaspending__assistance_listings') }} as listings
where listings._fate <> 'quarantined'
