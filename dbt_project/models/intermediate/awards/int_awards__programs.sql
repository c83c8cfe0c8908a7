-- By listing, then by the code in the FAIN, then by the description; what none decides stays unknown.
with awards as (
    select
        fain,
        awarding_agency_code,
        assistance_listing,
        lower(coalesce(description, '')) as words,
        case
            when substr(fain, 1, 7) = '15JCOPS' then substr(fain, length(fain) - 3, 4)
            when {{ regexp_matches('fain', '^20[0-9][0-9][A-Z][A-Z]') }} then substr(fain, 5, 2)
        end as fain_code,
        fain_year
    from {{ ref('int_awards__awards') }}
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
left join by_code on described.fain_code = by_code.fain_code
