{{ config(materialized='ephemeral') }}
-- Agencies' months, numbered.
select
    found.*,
    row_number() over (order by state_code, ori, month_start) as month_no
from (
    select state_code, ori, month_start from {{ ref('int_crime__victims_alone') }}
    union
    select state_code, ori, month_start from {{ ref('int_crime__victim_incidents') }}
) as found
