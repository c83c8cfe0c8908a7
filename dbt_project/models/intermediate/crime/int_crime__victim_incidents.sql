{{ config(materialized='ephemeral') }}
-- Incidents of several records, each once: an incident is of one agency and month.
select
    incident_no,
    max(state_code) as state_code,
    max(ori) as ori,
    max(month_start) as month_start,
    max(is_report_date) as is_report_date,
    max(has_several_offenses) as has_several_offenses
from {{ ref('int_crime__victim_records') }}
where incident_no is not null
group by incident_no
