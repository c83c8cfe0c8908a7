select
    {{ surrogate_key(['listings.assistance_listing', 'listings.fiscal_year', 'listings.type_group']) }} as listing_year_key,
    {{ surrogate_key(['listings.assistance_listing']) }} as assistance_listing_key,
    listings.assistance_listing,
    listings.fiscal_year,
    listings.type_group,
    listings.type_group = 'all' as is_total,
    {{ passed_of('usaspending__assistance_listings', 'listings') }}
    listings.obligated_amount,
    listings.outlayed_amount,
    listings.sam_actual_amount,
    listings._capture_id,
    listings._payload_id,
    listings._record_no,
    listings._kind
from {{ ref('stg_usaspending__assistance_listings') }} as listings
