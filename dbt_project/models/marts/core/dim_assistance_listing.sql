with titles as (
    select
        assistance_listing,
        max(listing_name) as listing_name
    from {{ ref('stg_usaspending__assistance_listings') }}
    group by assistance_listing
),

-- what is asked for, what its publisher lists, what awards and announcements bear
every_listing as (
    select assistance_listing from {{ ref('assistance_listings') }}
    union
    select assistance_listing from titles
    union
    select assistance_listing from {{ ref('int_awards__awards') }} where assistance_listing is not null
    union
    select assistance_listing from {{ ref('int_awards__announced') }} where assistance_listing is not null
    union
    select assistance_listing_since_fy2025 as assistance_listing from {{ ref('cops_programs') }}
    where assistance_listing_since_fy2025 is not null
)

select
    {{ surrogate_key(['every_listing.assistance_listing']) }} as assistance_listing_key,
    every_listing.assistance_listing,
    titles.listing_name,
    offices.office,
    offices.era,
    coalesce(offices.office = 'COPS', false) as is_cops_office,
    offices.assistance_listing is not null as is_asked_for
from every_listing
left join titles on every_listing.assistance_listing = titles.assistance_listing
left join {{ ref('assistance_listings') }} as offices on every_listing.assistance_listing = offices.assistance_listing
union all
select
    {{ unknown_key() }} as assistance_listing_key,
    'unknown' as assistance_listing,
    cast(null as {{ dbt.type_string() }}) as listing_name,
    cast(null as {{ dbt.type_string() }}) as office,
    cast(null as {{ dbt.type_string() }}) as era,
    false as is_cops_office,
    false as is_asked_for
