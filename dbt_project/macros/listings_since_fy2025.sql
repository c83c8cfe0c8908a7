{#-
    A subquery, one row a program area: the listing that the COPS Office awards under since FY2025, when its one listing was
    split. Areas with several have no row.
-#}
{% macro listings_since_fy2025() -%}
    (
        select programs.program_area, min(listings.assistance_listing) as assistance_listing
        from {{ ref('cops_programs') }} as programs
        inner join {{ ref('assistance_listings') }} as listings
            on programs.assistance_listing_since_fy2025 = listings.assistance_listing and listings.office = 'COPS'
        group by programs.program_area
        having count(distinct listings.assistance_listing) = 1
    )
{%- endmacro %}
