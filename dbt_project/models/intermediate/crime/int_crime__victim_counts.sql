{{ config(materialized='table') }}
{%- set measures = ['victims', 'incidents', 'report_date_incidents', 'several_offense_incidents'] %}
{%- set counted %}
        count(distinct victim_id) as victims,
        count(distinct incident_id) as incidents,
        count(distinct case when is_report_date then incident_id end) as report_date_incidents,
        count(distinct case when has_several_offenses then incident_id end) as several_offense_incidents,
        {{ provenance_of_one() }}
{%- endset %}
{%- set added %}
        {% for measure in measures %}
        cast(sum({{ measure }}) as bigint) as {{ measure }},
        {% endfor %}
        {{ provenance_of_one() }}
{%- endset %}
-- Victims who are people, each once in a family. Cells below the floor are added up: over agencies, then sexes and
-- relations, then groups, so that no victim is lost on the way and no published cell is small.
with incidents as (
    select
        state_code,
        incident_id,
        count(distinct offense_code) > 1 as has_several_offenses
    from {{ ref('stg_fbi__nibrs') }}
    where record = 'victim'
    group by state_code, incident_id
),

people as (
    select
        victims.state_code,
        victims.ori,
        victims.month_start,
        victims.incident_id,
        victims.victim_id,
        victims.is_report_date,
        victims.offense_code as nibrs_code,
        incidents.has_several_offenses,
        -- unknown is written U, X or nothing; M is several
        case victims.ethnicity_code when 'H' then 'hispanic' when 'N' then 'non_hispanic' else 'ethnicity_unknown' end as victim_group,
        case upper(victims.sex_code) when 'F' then 'female' when 'M' then 'male' else 'unknown' end as sex,
        case
            when victims.victim_type_code = 'L' then 'officer'
            -- only the sum of these codes is a series: agencies took up XR one after the other
            when {{ regexp_matches("concat(' ', victims.relationship_codes, ' ')", ' (SE|CS|XS|BG|XR|HR) ') }} then 'intimate_partner'
            else 'other'
        end as relation,
        victims._capture_id,
        victims._payload_id,
        victims._kind
    from {{ ref('stg_fbi__nibrs') }} as victims
    inner join incidents
        on victims.state_code = incidents.state_code and victims.incident_id = incidents.incident_id
    where victims.record = 'victim' and victims.victim_type_code in ('I', 'L')
),

families as (
    select people.*, codes.offense_code as offense_family
    from people
    inner join {{ ref('nibrs_offense_codes') }} as codes
        on people.nibrs_code = codes.nibrs_code
),

cells as (
    select
        state_code, ori, month_start, offense_family, victim_group, sex, relation,
        {{ counted }}
    from families
    group by state_code, ori, month_start, offense_family, victim_group, sex, relation
),

pooled as (
    select
        state_code, month_start, offense_family, victim_group, sex, relation,
        {{ added }}
    from cells
    where victims < {{ victim_floor() }}
    group by state_code, month_start, offense_family, victim_group, sex, relation
),

pooled_groups as (
    select
        state_code, month_start, offense_family, victim_group,
        {{ added }}
    from pooled
    where victims < {{ victim_floor() }}
    group by state_code, month_start, offense_family, victim_group
),

pooled_families as (
    select
        state_code, month_start, offense_family,
        {{ added }}
    from pooled_groups
    where victims < {{ victim_floor() }}
    group by state_code, month_start, offense_family
),

totals as (
    select
        state_code, ori, month_start, offense_family, coalesce(victim_group, 'all') as victim_group,
        {{ counted }}
    from (
        select * from families
        union all
        select people.*, 'all_offenses' as offense_family from people
    ) as every_family
    group by grouping sets (
        (state_code, ori, month_start, offense_family, victim_group), (state_code, ori, month_start, offense_family)
    )
)
{% for source, record, ori, group, sex, kept in [
    ('cells', 'cell', 'ori', 'victim_group', 'sex', 'victims >= ' ~ victim_floor()),
    ('pooled', 'cell', none, 'victim_group', 'sex', 'victims >= ' ~ victim_floor()),
    ('pooled_groups', 'cell', none, 'victim_group', none, 'victims >= ' ~ victim_floor()),
    ('pooled_families', 'cell', none, none, none, 'true'),
    ('totals', 'total', 'ori', 'victim_group', none, 'true'),
] %}
select
    '{{ record }}' as record,
    state_code,
    {{ ori or 'cast(null as ' ~ dbt.type_string() ~ ')' }} as ori,
    month_start,
    offense_family,
    {{ group or "'merged'" }} as victim_group,
    {{ 'sex' if sex else "'all'" }} as sex,
    {{ 'relation' if sex else "'all'" }} as relation,
    case when victims >= {{ victim_floor() }} then victims end as victims,
    {% for measure in measures[1:] %}
    -- an incident with victims of two cells is in both: of merged cells incidents cannot be added up
    {{ 'case when victims >= ' ~ victim_floor() ~ ' then ' ~ measure ~ ' end' if sex or record == 'total'
        else 'cast(null as bigint)' }} as {{ measure }},
    {% endfor %}
    _capture_id,
    _payload_id,
    _kind
from {{ source }}
where {{ kept }}
union all
{% endfor %}
select
    record,
    state_code,
    ori,
    month_start,
    offense_family,
    victim_group,
    sex,
    relation,
    victims,
    incidents,
    report_date_incidents,
    several_offense_incidents,
    _capture_id,
    _payload_id,
    _kind
from {{ ref('stg_fbi__nibrs') }}
where record in ('cell', 'total')
