{{ config(materialized='ephemeral') }}
{%- set relations = victim_relations() %}
-- Victims' records as numbers (macros/victims.sql).
--
-- Most incidents have one victim of one offense. Such a record is one victim and one incident wherever it is counted, so
-- it needs no id; only incidents of several records are numbered, and their victims told apart.
with captured as (
    select
        state_code,
        data_year,
        ori,
        month_start,
        incident_id,
        victim_id,
        offense_code as nibrs_code,
        -- unknown is written U, X or nothing; M is several
        case ethnicity_code when 'H' then 1 when 'N' then 2 else 3 end as group_no,
        case upper(sex_code) when 'F' then 1 when 'M' then 2 else 3 end as sex_no,
        case
            when victim_type_code is null or victim_type_code not in ('I', 'L') then {{ relations.index('no person') }}
            when victim_type_code = 'L' then {{ relations.index('officer') }}
            -- only the sum of these codes is a series: agencies took up XR one after the other
            when relationship_codes is null then 2
            when {{ regexp_matches("concat(' ', relationship_codes, ' ')", ' (SE|CS|XS|BG|XR|HR) ') }} then 1
            else 2
        end as relation_no,
        case when is_report_date then 1 else 0 end as is_report_date
    from {{ ref('stg_fbi__nibrs') }}
    where record = 'victim'
),

codes as (
    select
        codes.nibrs_code,
        families.family_no
    from {{ ref('nibrs_offense_codes') }} as codes
    inner join {{ ref('int_crime__victim_families') }} as families
        on codes.offense_code = families.offense_family
),

-- an id is one incident only within the archive of a state and year
shared_incidents as (
    select
        found.*,
        row_number() over (order by state_code, data_year, incident_id) as incident_no
    from (
        select
            state_code,
            data_year,
            incident_id,
            case when min(nibrs_code) <> max(nibrs_code) then 1 else 0 end as has_several_offenses
        from captured
        group by state_code, data_year, incident_id
        having count(*) > 1
    ) as found
)

select
    captured.state_code,
    captured.ori,
    captured.month_start,
    -- an offense of no family stands in none, but in all of them
    codes.family_no,
    captured.group_no,
    captured.sex_no,
    captured.relation_no,
    captured.is_report_date,
    shared_incidents.incident_no,
    case when shared_incidents.incident_no is not null then captured.victim_id end as victim_id,
    shared_incidents.has_several_offenses
from captured
left join shared_incidents
    on
        captured.incident_id = shared_incidents.incident_id
        and captured.state_code = shared_incidents.state_code
        and captured.data_year = shared_incidents.data_year
left join codes
    on captured.nibrs_code = codes.nibrs_code
