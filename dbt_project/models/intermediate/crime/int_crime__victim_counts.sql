{{ config(materialized='table') }}
{%- set measures = ['victims', 'incidents', 'report_date_incidents', 'several_offense_incidents'] %}
{#- Numbers while it is counted, because grouping by texts took three times as long; 0 is all of them. -#}
{%- set groups = ['all', 'hispanic', 'non_hispanic', 'ethnicity_unknown'] %}
{%- set sexes = ['all', 'female', 'male', 'unknown'] %}
{%- set relations = ['all', 'intimate_partner', 'other', 'officer', 'no person'] %}
{%- set officer, no_person = 3, 4 %}
{%- set cell = 'state_code, ori, month_start, family_no, group_no, sex_no, relation_no' %}
{%- set added %}
        {% for measure in measures %}
        cast(sum({{ measure }}) as bigint) as {{ measure }},
        {% endfor %}
        max(provenance_no) as provenance_no
{%- endset %}
-- Victims who are people, each once in a family. Cells below the floor are added up: over agencies, then sexes and
-- relations, then groups, so that no victim is lost on the way and no published cell is small.
--
-- Most incidents have one victim of one offense. Such a record is one victim and one incident wherever it is counted, so it
-- is added up at once; only the records of the others are told apart by their ids.
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
            when victim_type_code is null or victim_type_code not in ('I', 'L') then {{ no_person }}
            when victim_type_code = 'L' then {{ officer }}
            -- only the sum of these codes is a series: agencies took up XR one after the other
            when {{ regexp_matches("concat(' ', relationship_codes, ' ')", ' (SE|CS|XS|BG|XR|HR) ') }} then 1
            else 2
        end as relation_no,
        case when is_report_date then 1 else 0 end as is_report_date,
        _capture_id,
        _payload_id,
        _kind
    from {{ ref('stg_fbi__nibrs') }}
    where record = 'victim'
),

-- in the order of provenance_of_one: the greatest of a group is that of one and the same record
provenance as (
    select
        found.*,
        row_number() over (order by _capture_id, _payload_id, _kind) as provenance_no
    from (select distinct _capture_id, _payload_id, _kind from captured) as found
),

families as (
    select
        offense_code as offense_family,
        row_number() over (order by offense_code) as family_no
    from (select distinct offense_code from {{ ref('nibrs_offense_codes') }}) as found
    union all
    select 'all_offenses' as offense_family, 0 as family_no
),

codes as (
    select
        codes.nibrs_code,
        families.family_no
    from {{ ref('nibrs_offense_codes') }} as codes
    inner join families
        on codes.offense_code = families.offense_family
),

-- an id is one incident only within the archive of a state and year, of one agency and month
shared_incidents as (
    select
        found.*,
        row_number() over (order by state_code, data_year, incident_id) as incident_no
    from (
        select
            state_code,
            data_year,
            incident_id,
            max(ori) as ori,
            max(month_start) as month_start,
            max(is_report_date) as is_report_date,
            case when min(nibrs_code) <> max(nibrs_code) then 1 else 0 end as has_several_offenses
        from captured
        group by state_code, data_year, incident_id
        having count(*) > 1
    ) as found
),

records as (
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
        provenance.provenance_no
    from captured
    inner join provenance
        on
            captured._capture_id = provenance._capture_id
            and captured._payload_id = provenance._payload_id
            and captured._kind = provenance._kind
    left join shared_incidents
        on
            captured.incident_id = shared_incidents.incident_id
            and captured.state_code = shared_incidents.state_code
            and captured.data_year = shared_incidents.data_year
    left join codes
        on captured.nibrs_code = codes.nibrs_code
),

alone as (
    select
        {{ cell }},
        count(*) as victims,
        count(*) as incidents,
        cast(sum(is_report_date) as bigint) as report_date_incidents,
        cast(0 as bigint) as several_offense_incidents,
        max(provenance_no) as provenance_no
    from records
    where incident_no is null
    group by {{ cell }}
),

-- of the other incidents: each victim once in a family
shared_victims as (
    select
        incident_no, victim_id, family_no, group_no, sex_no, relation_no,
        max(provenance_no) as provenance_no
    from records
    where incident_no is not null
    group by incident_no, victim_id, family_no, group_no, sex_no, relation_no
),

-- and once in all of them; a row an incident, with the number of its victims
shared_cells as (
    select
        incident_no, family_no, group_no, sex_no, relation_no,
        count(*) as victims,
        max(provenance_no) as provenance_no
    from shared_victims
    where family_no is not null
    group by incident_no, family_no, group_no, sex_no, relation_no
    union all
    select
        incident_no, family_no, group_no, sex_no, relation_no,
        count(*) as victims,
        max(provenance_no) as provenance_no
    from (
        select
            incident_no, victim_id, 0 as family_no, group_no, sex_no, relation_no,
            max(provenance_no) as provenance_no
        from shared_victims
        group by incident_no, victim_id, group_no, sex_no, relation_no
    ) as each_once
    group by incident_no, family_no, group_no, sex_no, relation_no
),

shared_groups as (
    select
        incident_no, family_no, group_no,
        sum(victims) as victims,
        max(provenance_no) as provenance_no
    from shared_cells
    where relation_no <> {{ no_person }}
    group by incident_no, family_no, group_no
),

-- what: cell, total or month, which has the incidents without a person too, and of victims those who are people and no officers
shared as (
    select
        parts.what,
        incidents.state_code,
        incidents.ori,
        incidents.month_start,
        parts.family_no,
        parts.group_no,
        parts.sex_no,
        parts.relation_no,
        cast(sum(parts.victims) as bigint) as victims,
        count(*) as incidents,
        cast(sum(incidents.is_report_date) as bigint) as report_date_incidents,
        cast(sum(incidents.has_several_offenses) as bigint) as several_offense_incidents,
        max(parts.provenance_no) as provenance_no
    from (
        select 'cell' as what, incident_no, family_no, group_no, sex_no, relation_no, victims, provenance_no
        from shared_cells
        where relation_no <> {{ no_person }} and family_no <> 0
        union all
        select 'total' as what, incident_no, family_no, group_no, 0 as sex_no, 0 as relation_no, victims, provenance_no
        from shared_groups
        union all
        select
            'total' as what, incident_no, family_no, 0 as group_no, 0 as sex_no, 0 as relation_no,
            sum(victims) as victims, max(provenance_no) as provenance_no
        from shared_groups
        group by incident_no, family_no
        {% for group in ['group_no', '0'] %}
        union all
        select
            'month' as what, incident_no, 0 as family_no, {{ group }} as group_no, 0 as sex_no, 0 as relation_no,
            sum(case when relation_no < {{ officer }} then victims else 0 end) as victims, max(provenance_no) as provenance_no
        from shared_cells
        where family_no = 0
        group by incident_no{{ ', group_no' if group != '0' }}
        {% endfor %}
    ) as parts
    inner join shared_incidents as incidents
        on parts.incident_no = incidents.incident_no
    group by
        parts.what, incidents.state_code, incidents.ori, incidents.month_start, parts.family_no, parts.group_no, parts.sex_no,
        parts.relation_no
),

counted as (
    select
        what, {{ cell }},
        {{ added }}
    from (
        select 'cell' as what, {{ cell }}, {{ measures | join(', ') }}, provenance_no
        from alone
        where relation_no <> {{ no_person }} and family_no is not null
        {% for family in ['family_no', '0'] %}
        {% for group in ['group_no', '0'] %}
        union all
        select
            'total' as what, state_code, ori, month_start, {{ family }} as family_no, {{ group }} as group_no, 0 as sex_no,
            0 as relation_no, {{ measures | join(', ') }}, provenance_no
        from alone
        where relation_no <> {{ no_person }} and {{ family }} is not null
        {% endfor %}
        {% endfor %}
        {% for group in ['group_no', '0'] %}
        union all
        select
            'month' as what, state_code, ori, month_start, 0 as family_no, {{ group }} as group_no, 0 as sex_no,
            0 as relation_no, case when relation_no < {{ officer }} then victims else 0 end as victims,
            {{ measures[1:] | join(', ') }}, provenance_no
        from alone
        {% endfor %}
        union all
        select what, {{ cell }}, {{ measures | join(', ') }}, provenance_no from shared
    ) as both_kinds
    group by what, {{ cell }}
),

pooled as (
    select
        state_code, month_start, family_no, group_no, sex_no, relation_no,
        {{ added }}
    from counted
    where what = 'cell' and victims < {{ victim_floor() }}
    group by state_code, month_start, family_no, group_no, sex_no, relation_no
),

pooled_groups as (
    select
        state_code, month_start, family_no, group_no,
        {{ added }}
    from pooled
    where victims < {{ victim_floor() }}
    group by state_code, month_start, family_no, group_no
),

pooled_families as (
    select
        state_code, month_start, family_no,
        {{ added }}
    from pooled_groups
    where victims < {{ victim_floor() }}
    group by state_code, month_start, family_no
),

merged as (
    {% for source, what, ori, group, sex, kept in [
        ('counted', "'cell'", 'ori', 'group_no', 'sex_no', "what = 'cell' and victims >= " ~ victim_floor()),
        ('counted', 'what', 'ori', 'group_no', 'sex_no', "what <> 'cell'"),
        ('pooled', "'cell'", none, 'group_no', 'sex_no', 'victims >= ' ~ victim_floor()),
        ('pooled_groups', "'cell'", none, 'group_no', none, 'victims >= ' ~ victim_floor()),
        ('pooled_families', "'cell'", none, none, none, 'true'),
    ] %}
    select
        {{ what }} as record,
        state_code,
        {{ ori or 'cast(null as ' ~ dbt.type_string() ~ ')' }} as ori,
        month_start,
        family_no,
        {{ group or '-1' }} as group_no,
        {{ 'sex_no' if sex else '0' }} as sex_no,
        {{ 'relation_no' if sex else '0' }} as relation_no,
        {% for measure in measures %}
        {% if loop.first or sex %}
        case when victims >= {{ victim_floor() }} or {{ what }} = 'month' then {{ measure }} end as {{ measure }},
        {% else %}
        -- an incident with victims of two cells is in both: of merged cells incidents cannot be added up
        cast(null as bigint) as {{ measure }},
        {% endif %}
        {% endfor %}
        provenance_no
    from {{ source }}
    where {{ kept }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    merged.record,
    merged.state_code,
    merged.ori,
    merged.month_start,
    families.offense_family,
    {% for column, names, name in [
        ('group_no', groups, 'victim_group'), ('sex_no', sexes, 'sex'), ('relation_no', relations, 'relation'),
    ] %}
    case merged.{{ column }}
        {% for word in names %} when {{ loop.index0 }} then '{{ word }}'{% endfor %}
        {{- " else 'merged'" if name == 'victim_group' }}
    end as {{ name }},
    {% endfor %}
    {% for measure in measures %}
    merged.{{ measure }},
    {% endfor %}
    provenance._capture_id,
    provenance._payload_id,
    provenance._kind
from merged
inner join families
    on merged.family_no = families.family_no
inner join provenance
    on merged.provenance_no = provenance.provenance_no
union all
select
    record,
    state_code,
    ori,
    month_start,
    offense_family,
    victim_group,
    sex,
    relation,
    {% for measure in measures %}
    {{ measure }},
    {% endfor %}
    _capture_id,
    _payload_id,
    _kind
from {{ ref('stg_fbi__nibrs') }}
where record in ('cell', 'total')
