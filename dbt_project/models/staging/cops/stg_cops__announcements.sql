select
    fiscal_year,
    program,
    case program
        when 'chp' then 'hiring'
        when 'cpd' then 'community_policing'
        when 'ctas' then 'tribal_assistance'
        when 'ahtf' then 'anti_heroin'
        when 'camp' then 'anti_methamphetamine'
        when 'svpp' then 'school_safety'
        when 'lemhwa' then 'officer_wellness'
        else 'unknown'
    end as program_area,
    state_code,
    agency_name,
    announced_amount,
    officers_announced,
    ori,
    award_number,
    page_no,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_cops__announcements') }}
where _fate = 'staged'
