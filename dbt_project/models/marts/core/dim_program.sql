with listings as (
    select
        assistance_listing_key,
        assistance_listing,
        listing_name,
        is_cops_office
    from {{ ref('dim_assistance_listing') }}
),

from_awards as (
    select distinct
        coalesce(awards.assistance_listing, 'unknown') as assistance_listing,
        programs.program_area
    from {{ ref('int_awards__awards') }} as awards
    inner join {{ ref('int_awards__programs') }} as programs
        on awards.fain = programs.fain and awards.awarding_agency_code = programs.awarding_agency_code
),

from_seed as (
    select distinct
        assistance_listing_since_fy2025 as assistance_listing,
        program_area
    from {{ ref('cops_programs') }}
    where assistance_listing_since_fy2025 is not null and program_area <> 'unknown'
),

from_announcements as (
    select distinct
        coalesce(assistance_listing, 'unknown') as assistance_listing,
        program_area
    from {{ ref('int_awards__announced') }}
),

from_listings as (
    select
        listings.assistance_listing,
        coalesce(from_seed.program_area, 'unknown') as program_area
    from (
        select distinct assistance_listing from {{ ref('stg_usaspending__assistance_listings') }}
    ) as listings
    left join from_seed on listings.assistance_listing = from_seed.assistance_listing
),

every_program as (
    select assistance_listing, program_area from from_awards
    union
    select assistance_listing, program_area from from_seed
    union
    select assistance_listing, program_area from from_announcements
    union
    select assistance_listing, program_area from from_listings
)

select
    {{ program_key('every_program.assistance_listing', 'every_program.program_area') }} as program_key,
    listings.assistance_listing_key,
    every_program.assistance_listing,
    listings.listing_name,
    every_program.program_area,
    case
        -- without a listing the program area decides: cops_programs holds the Office's programs alone
        when every_program.assistance_listing = 'unknown' then true
        else listings.is_cops_office
    end as is_cops_office
from every_program
inner join listings on every_program.assistance_listing = listings.assistance_listing
where every_program.assistance_listing <> 'unknown' or every_program.program_area <> 'unknown'
union all
select
    {{ unknown_key() }} as program_key,
    {{ unknown_key() }} as assistance_listing_key,
    'unknown' as assistance_listing,
    cast(null as {{ dbt.type_string() }}) as listing_name,
    'unknown' as program_area,
    false as is_cops_office
