{{ config(materialized='table') }}
{%- set measures = ['victims', 'incidents', 'report_date_incidents', 'several_offense_incidents'] %}
{#- Numbers while it is counted, because grouping by texts takes longer; 0 is all of them. -#}
{%- set groups = ['all', 'hispanic', 'non_hispanic', 'ethnicity_unknown'] %}
{%- set sexes = ['all', 'female', 'male', 'unknown'] %}
{%- set relations = ['all', 'intimate_partner', 'other', 'officer', 'no person'] %}
{%- set officer, no_person = 3, 4 %}
{%- set cell = 'state_code, ori, month_start, family_no, group_no, sex_no, relation_no' %}
{%- set added %}
        {%- for measure in measures %}
        cast(sum({{ measure }}) as bigint) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
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
            when relationship_codes is null then 2
            when {{ regexp_matches("concat(' ', relationship_codes, ' ')", ' (SE|CS|XS|BG|XR|HR) ') }} then 1
            else 2
        end as relation_no,
        case when is_report_date then 1 else 0 end as is_report_date
    from {{ ref('stg_fbi__nibrs') }}
    where record = 'victim'
),

-- all records of a state and year are of one archive
provenance as (
    select
        state_code,
        data_year,
        {{ provenance_of_one() }}
    from (
        select distinct state_code, data_year, _capture_id, _payload_id, _kind from {{ ref('base_fbi__nibrs') }} where record = 'victim'
    ) as found
    group by state_code, data_year
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
        shared_incidents.has_several_offenses
    from captured
    left join shared_incidents
        on
            captured.incident_id = shared_incidents.incident_id
            and captured.state_code = shared_incidents.state_code
            and captured.data_year = shared_incidents.data_year
    left join codes
        on captured.nibrs_code = codes.nibrs_code
),

-- what: 1 a cell; 2 a total; 3 a month, which has the incidents without a person too, and of victims people who are no officers
alone as (
    select
        {{ cell }},
        count(*) as victims,
        count(*) as incidents,
        cast(sum(is_report_date) as bigint) as report_date_incidents,
        cast(0 as bigint) as several_offense_incidents
    from records
    where incident_no is null
    group by {{ cell }}
),

-- an incident is of one agency and month
incidents as (
    select
        incident_no,
        max(state_code) as state_code,
        max(ori) as ori,
        max(month_start) as month_start,
        max(is_report_date) as is_report_date,
        max(has_several_offenses) as has_several_offenses
    from records
    where incident_no is not null
    group by incident_no
),

agency_months as (
    select
        found.*,
        row_number() over (order by state_code, ori, month_start) as month_no
    from (
        select state_code, ori, month_start from alone
        union
        select state_code, ori, month_start from incidents
    ) as found
),

placed as (
    select
        incidents.incident_no,
        months.month_no,
        incidents.is_report_date,
        incidents.has_several_offenses
    from incidents
    inner join agency_months as months
        on
            incidents.ori = months.ori
            and incidents.month_start = months.month_start
            and incidents.state_code = months.state_code
),

-- of incidents with several records: each victim once in a family
shared_victims as (
    select distinct incident_no, victim_id, family_no, group_no, sex_no, relation_no
    from records
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
    where relation_no <> {{ no_person }}
    group by incident_no, family_no, group_no
),

shared as (
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
        where relation_no <> {{ no_person }} and family_no <> 0
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
            sum(case when relation_no < {{ officer }} then victims else 0 end) as victims
        from shared_cells
        where family_no = 0
        group by incident_no{{ ', group_no' if group != '0' }}
        {% endfor %}
    ) as parts
    inner join placed
        on parts.incident_no = placed.incident_no
    group by parts.what, placed.month_no, parts.family_no, parts.group_no, parts.sex_no, parts.relation_no
),

alone_placed as (
    select
        months.month_no,
        alone.family_no,
        alone.group_no,
        alone.sex_no,
        alone.relation_no,
        {% for measure in measures %}
        alone.{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from alone
    inner join agency_months as months
        on alone.ori = months.ori and alone.month_start = months.month_start and alone.state_code = months.state_code
),

added as (
    select
        what, month_no, family_no, group_no, sex_no, relation_no,
        {{- added }}
    from (
        select 1 as what, month_no, family_no, group_no, sex_no, relation_no, {{ measures | join(', ') }}
        from alone_placed
        where relation_no <> {{ no_person }} and family_no is not null
        {% for family in ['family_no', '0'] %}
        {% for group in ['group_no', '0'] %}
        union all
        select
            2 as what, month_no, {{ family }} as family_no, {{ group }} as group_no, 0 as sex_no, 0 as relation_no,
            {{ measures | join(', ') }}
        from alone_placed
        where relation_no <> {{ no_person }} and {{ family }} is not null
        {% endfor %}
        {% endfor %}
        {% for group in ['group_no', '0'] %}
        union all
        select
            3 as what, month_no, 0 as family_no, {{ group }} as group_no, 0 as sex_no, 0 as relation_no,
            case when relation_no < {{ officer }} then victims else 0 end as victims, {{ measures[1:] | join(', ') }}
        from alone_placed
        {% endfor %}
        union all
        select * from shared
    ) as both_kinds
    group by what, month_no, family_no, group_no, sex_no, relation_no
),

counted as (
    select
        months.state_code,
        months.ori,
        months.month_start,
        added.*
    from added
    inner join agency_months as months
        on added.month_no = months.month_no
),

pooled as (
    select
        state_code, month_start, family_no, group_no, sex_no, relation_no,
        {{- added }}
    from counted
    where what = 1 and victims < {{ victim_floor() }}
    group by state_code, month_start, family_no, group_no, sex_no, relation_no
),

pooled_groups as (
    select
        state_code, month_start, family_no, group_no,
        {{- added }}
    from pooled
    where victims < {{ victim_floor() }}
    group by state_code, month_start, family_no, group_no
),

pooled_families as (
    select
        state_code, month_start, family_no,
        {{- added }}
    from pooled_groups
    where victims < {{ victim_floor() }}
    group by state_code, month_start, family_no
),

merged as (
    {% for source, what, ori, group, sex, kept in [
        ('counted', 1, 'ori', 'group_no', 'sex_no', 'what = 1 and victims >= ' ~ victim_floor()),
        ('counted', 2, 'ori', 'group_no', 'sex_no', 'what = 2'),
        ('counted', 3, 'ori', 'group_no', 'sex_no', 'what = 3'),
        ('pooled', 1, none, 'group_no', 'sex_no', 'victims >= ' ~ victim_floor()),
        ('pooled_groups', 1, none, 'group_no', none, 'victims >= ' ~ victim_floor()),
        ('pooled_families', 1, none, none, none, 'true'),
    ] %}
    select
        '{{ {1: 'cell', 2: 'total', 3: 'month'}[what] }}' as record,
        state_code,
        {{ ori or 'cast(null as ' ~ dbt.type_string() ~ ')' }} as ori,
        month_start,
        family_no,
        {{ group or '-1' }} as group_no,
        {{ 'sex_no' if sex else '0' }} as sex_no,
        {{ 'relation_no' if sex else '0' }} as relation_no,
        {% for measure in measures %}
        {% if loop.first or sex %}
        {{ measure if what == 3 else 'case when victims >= ' ~ victim_floor() ~ ' then ' ~ measure ~ ' end' }} as {{ measure }},
        {% else %}
        -- an incident with victims of two cells is in both: of merged cells incidents cannot be added up
        cast(null as bigint) as {{ measure }},
        {% endif %}
        {% endfor %}
        cast(extract(year from month_start) as int) as data_year
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
    on merged.state_code = provenance.state_code and merged.data_year = provenance.data_year
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
