{{ config(materialized='ephemeral') }}
{%- set relations = victim_relations() %}
-- Incidents of several records, added up to agencies' months. what: 1 a cell; 2 a total; 3 a month, which has the incidents
-- without a person too, and of victims the people who are no officers.
with placed as (
    select
        incidents.incident_no,
        months.month_no,
        incidents.is_report_date,
        incidents.has_several_offenses
    from {{ ref('int_crime__victim_incidents') }} as incidents
    inner join {{ ref('int_crime__victim_months') }} as months
        on
            incidents.ori = months.ori
            and incidents.month_start = months.month_start
            and incidents.state_code = months.state_code
),

-- each victim once in a family
shared_victims as (
    select distinct incident_no, victim_id, family_no, group_no, sex_no, relation_no
    from {{ ref('int_crime__victim_records') }}
    where incident_no is not null
),

-- and once in all of them; a row an incident, with the number of its victims
shared_cells as (
    select
        incident_no, family_no, group_no, sex_no, relation_no,
        count(*) as victims
    from (
        select * from shared_victims where family_no is not null
        union all
        select distinct incident_no, victim_id, 0 as family_no, group_no, sex_no, relation_no from shared_victims
    ) as every_family
    group by incident_no, family_no, group_no, sex_no, relation_no
),

shared_groups as (
    select
        incident_no, family_no, group_no,
        sum(victims) as victims
    from shared_cells
    where relation_no <> {{ relations.index('no person') }}
    group by incident_no, family_no, group_no
)

select
    parts.what,
    placed.month_no,
    parts.family_no,
    parts.group_no,
    parts.sex_no,
    parts.relation_no,
    sum(parts.victims) as victims,
    count(*) as incidents,
    sum(placed.is_report_date) as report_date_incidents,
    sum(placed.has_several_offenses) as several_offense_incidents
from (
    select 1 as what, incident_no, family_no, group_no, sex_no, relation_no, victims
    from shared_cells
    where relation_no <> {{ relations.index('no person') }} and family_no <> 0
    union all
    select 2 as what, incident_no, family_no, group_no, 0 as sex_no, 0 as relation_no, victims
    from shared_groups
    union all
    select
        2 as what, incident_no, family_no, 0 as group_no, 0 as sex_no, 0 as relation_no,
        sum(victims) as victims
    from shared_groups
    group by incident_no, family_no
    {% for group in ['group_no', '0'] %}
    union all
    select
        3 as what, incident_no, 0 as family_no, {{ group }} as group_no, 0 as sex_no, 0 as relation_no,
        sum(case when relation_no < {{ relations.index('officer') }} then victims else 0 end) as victims
    from shared_cells
    where family_no = 0
    group by incident_no{{ ', group_no' if group != '0' }}
    {% endfor %}
) as parts
inner join placed
    on parts.incident_no = placed.incident_no
group by parts.what, placed.month_no, parts.family_no, parts.group_no, parts.sex_no, parts.relation_no
