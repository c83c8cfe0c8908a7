-- By listing, then by the code in the FAIN, then by the description; what none decides stays unknown. Codes and words are
-- those of the COPS Office: the CHP of another office's award is the California Highway Patrol.
with listings_of_the_office as (
    select assistance_listing_before_fy2025 as assistance_listing from {{ ref('cops_programs') }}
    union
    select assistance_listing_since_fy2025 as assistance_listing from {{ ref('cops_programs') }}
),

awards as (
    select
        awards.fain,
        awards.awarding_agency_code,
        awards.assistance_listing,
        lower(coalesce(awards.description, '')) as words,
        listings_of_the_office.assistance_listing is not null
        or {{ regexp_matches('awards.fain', '^(15JCOPS|20[0-9][0-9][A-Z][A-Z]WX)') }} as is_of_the_office,
        case
            when substr(awards.fain, 1, 7) = '15JCOPS' then substr(awards.fain, length(awards.fain) - 3, 4)
            when {{ regexp_matches('awards.fain', '^20[0-9][0-9][A-Z][A-Z]') }} then substr(awards.fain, 5, 2)
        end as fain_code,
        awards.fain_year
    from {{ ref('int_awards__awards') }} as awards
    left join listings_of_the_office
        on awards.assistance_listing = listings_of_the_office.assistance_listing
),

by_listing as (
    select
        assistance_listing_since_fy2025 as assistance_listing,
        min(program_area) as program_area
    from {{ ref('cops_programs') }}
    where assistance_listing_since_fy2025 is not null
    group by assistance_listing_since_fy2025
),

by_code as (
    select
        fain_code,
        min(program_area) as program_area
    from {{ ref('cops_programs') }}
    where fain_code is not null and program_area <> 'unknown'
    group by fain_code
),

described as (
    select
        awards.*,
        case
            when not is_of_the_office then null
            when words like '%svpp%' or words like '%school violence%' then 'school_safety'
            when words like '%lemhwa%' or words like '%mental health and wellness%' then 'officer_wellness'
            when words like '%methamphetamine%' then 'anti_methamphetamine'
            when words like '%heroin%' then 'anti_heroin'
            when words like '%tribal resources%' then 'tribal_assistance'
            when words like '%chp%' or words like '%cops hiring%' then 'hiring'
            when words like '%accreditation%' then 'accreditation'
            when words like '%(tep)%' or words like '%technology and equipment%' then 'technology'
            when words like '%cpd%' or words like '%community policing development%' then 'community_policing'
        end as described_area
    from awards
)

select
    described.fain,
    described.awarding_agency_code,
    described.fain_year,
    described.fain_code,
    coalesce(by_listing.program_area, by_code.program_area, described.described_area, 'unknown') as program_area,
    case
        when by_listing.program_area is not null then concat('assistance listing ', described.assistance_listing)
        when by_code.program_area is not null then concat('code ', described.fain_code, ' in the FAIN')
        when described.described_area is not null then 'words of the description'
        else 'none decided'
    end as program_rule
from described
left join by_listing on described.assistance_listing = by_listing.assistance_listing
left join by_code on described.is_of_the_office and described.fain_code = by_code.fain_code
