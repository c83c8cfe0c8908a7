-- The newest figure of each listing, year and type group. What the inventory does not cover it shows as 0. A whole year
-- (type group all) is the inventory's, a type group the award search's: what is known of the one's 0 is not said of the other's.
select
    {{ surrogate_key(['listings.assistance_listing', 'listings.fiscal_year', 'listings.type_group']) }} as listing_year_key,
    {{ surrogate_key(['listings.assistance_listing']) }} as assistance_listing_key,
    listings.assistance_listing,
    listings.fiscal_year,
    listings.type_group,
    listings.type_group = 'all' as is_total,
    {{ passed_of('usaspending__assistance_listings', 'listings') }}
    case
        when coalesce(notes.is_covered, true) or listings.obligated_amount <> 0 or listings.type_group <> 'all'
            then listings.obligated_amount
    end as obligated_amount,
    case
        when coalesce(notes.is_covered, true) or listings.outlayed_amount <> 0 or listings.type_group <> 'all'
            then listings.outlayed_amount
    end as outlayed_amount,
    listings.sam_actual_amount,
    cast(listings._retrieved_at as date) as seen_on,
    nullif(
        substr(concat(
            case
                when listings.obligated_amount < 0
                    then '; negative: an obligation counts in the fiscal year of its action, and more was taken back from earlier awards in that year than was newly obligated'
                else ''
            end,
            case
                when listings.obligated_amount <> 0 then ''
                when listings.type_group <> 'all' then '; 0 is what the search showed on the day that it was seen'
                when not coalesce(notes.is_covered, true) then ''
                when listings.sam_actual_amount > 0
                    then '; 0 is what the inventory showed on the day that it was seen, while SAM.gov has an actual amount'
                else '; 0 is what the inventory showed on the day that it was seen'
            end,
            case
                when notes.why is null then ''
                -- why a 0 is none is said of the inventory's 0 alone
                when not notes.is_covered and (listings.obligated_amount <> 0 or listings.type_group <> 'all') then ''
                else concat('; ', notes.why)
            end,
            case
                when
                    cast(listings._retrieved_at as date)
                    <= cast(concat(cast(listings.fiscal_year as {{ dbt.type_string() }}), '-09-30') as date)
                    then '; the year was not over when this was seen'
                else ''
            end
        ), 3), ''
    ) as figure_note,
    listings._capture_id,
    listings._payload_id,
    listings._record_no,
    listings._kind
from {{ ref('stg_usaspending__assistance_listings') }} as listings
left join {{ ref('listing_year_notes') }} as notes
    on
        listings.assistance_listing = notes.assistance_listing
        and listings.fiscal_year between notes.from_fiscal_year and notes.to_fiscal_year
