select
    lines.fiscal_year,
    lines.program,
    coalesce(folders.program_area, 'unknown') as program_area,
    lines.state_code,
    lines.agency_name,
    lines.announced_amount,
    lines.officers_announced,
    lines.ori,
    lines.award_number,
    lines.page_no,
    lines._capture_id,
    lines._payload_id,
    lines._record_no,
    lines._kind,
    lines._retrieved_at
from {{ ref('base_cops__announcements') }} as lines
left join {{ ref('announcement_folders') }} as folders
    on lines.program = folders.folder
where lines._fate = 'staged'
