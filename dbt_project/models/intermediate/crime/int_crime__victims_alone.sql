{{ config(materialized='ephemeral') }}
{%- set cell = 'state_code, ori, month_start, family_no, group_no, sex_no, relation_no' %}
-- Incidents of one record, added up: each record is one victim and one incident.
select
    {{ cell }},
    count(*) as victims,
    count(*) as incidents,
    cast(sum(is_report_date) as bigint) as report_date_incidents,
    cast(0 as bigint) as several_offense_incidents
from {{ ref('int_crime__victim_records') }}
where incident_no is null
group by {{ cell }}
