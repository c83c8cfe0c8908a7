{#-
    A subquery, one row a program area: the listing that the COPS Office awards under since FY2025, when its one listing was
    split. Areas with several have no row.
-#}
{% macro listings_since_fy2025() -%}
    (
        select program_area, min(assistance_listing_since_fy2025) as assistance_listing
        from {{ ref('cops_programs') }}
        group by program_area
        having count(distinct assistance_listing_since_fy2025) = 1
    )
{%- endmacro %}
