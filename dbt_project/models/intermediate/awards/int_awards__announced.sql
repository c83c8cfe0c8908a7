-- Which award an announcement became: the same unit, programme area and fiscal year, one line and one award. Where a
-- unit has two of either, nobody can tell which is which, and none is joined.
with listings as (
    select
        program_area,
        min(assistance_listing_before_fy2025) as before_fy2025,
        min(assistance_listing_since_fy2025) as since_fy2025
    from {{ ref('cops_programs') }}
    where program_area <> 'unknown'
    group by program_area
),

announced as (
    select
        announcements.*,
        case
            when announcements.fiscal_year >= 2025 then listings.since_fy2025 else listings.before_fy2025
        end as assistance_listing,
        coalesce(names.is_resolved, false) as is_resolved,
        coalesce(names.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
        coalesce(names.kind, 'unknown') as agency_kind,
        coalesce(names.match_method, 'unresolved') as match_method,
        names.match_score,
        coalesce(names.match_evidence, 'no name in the list') as match_evidence,
        count(*) over (
            partition by names.jurisdiction_key, announcements.program_area, announcements.fiscal_year
        ) as lines_alike
    from {{ ref('stg_cops__announcements') }} as announcements
    left join listings
        on announcements.program_area = listings.program_area
    left join {{ ref('int_identity__resolved') }} as names
        on {{ printed_id("'cops'", 'announcements.agency_name', 'announcements.state_code', 'cast(null as ' ~ dbt.type_string() ~ ')', 'cast(null as ' ~ dbt.type_string() ~ ')', 'cast(null as ' ~ dbt.type_string() ~ ')') }} = names.printed_id
),

named as (
    select
        fain,
        awarding_agency_code,
        fain_year,
        {{ recipient_id() }} as recipient_id
    from {{ ref('int_awards__awards') }}
),

awards as (
    select
        awards.fain,
        awards.awarding_agency_code,
        awards.fain_year,
        programs.program_area,
        recipients.jurisdiction_key,
        count(*) over (
            partition by recipients.jurisdiction_key, programs.program_area, awards.fain_year
        ) as awards_alike
    from named as awards
    inner join {{ ref('int_awards__programs') }} as programs
        on awards.fain = programs.fain and awards.awarding_agency_code = programs.awarding_agency_code
    inner join {{ ref('int_identity__recipients') }} as recipients
        on awards.recipient_id = recipients.recipient_id
)

select
    announced.*,
    awards.fain,
    awards.awarding_agency_code,
    case
        when awards.fain is not null then 'the one award of its unit, programme area and fiscal year'
        when not announced.is_resolved then 'its agency is tied to no unit'
        when announced.lines_alike > 1 then 'several lines of one unit, programme area and fiscal year'
        else 'no captured award, or several, of its unit, programme area and fiscal year'
    end as award_rule
from announced
left join awards
    on
        announced.jurisdiction_key = awards.jurisdiction_key
        and announced.program_area = awards.program_area
        and announced.fiscal_year = awards.fain_year
        and announced.lines_alike = 1
        and awards.awards_alike = 1
        and announced.is_resolved
        and awards.program_area <> 'unknown'
