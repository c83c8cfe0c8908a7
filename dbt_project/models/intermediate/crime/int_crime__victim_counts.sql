-- Victims who are people, each once in a family. Cells below the floor are added up: over agencies, then sexes and
-- relations, then groups, so that no victim is lost on the way and no published cell is small.
with
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

pooled as (
    select
        state_code, month_start, family_no, group_no, sex_no, relation_no,
        {{- victim_sums() }}
    from {{ ref('int_crime__victim_sums') }}
    where what = 1 and victims < {{ victim_floor() }}
    group by state_code, month_start, family_no, group_no, sex_no, relation_no
),

pooled_groups as (
    select
        state_code, month_start, family_no, group_no,
        {{- victim_sums() }}
    from pooled
    where victims < {{ victim_floor() }}
    group by state_code, month_start, family_no, group_no
),

pooled_families as (
    select
        state_code, month_start, family_no,
        {{- victim_sums() }}
    from pooled_groups
    where victims < {{ victim_floor() }}
    group by state_code, month_start, family_no
),

merged as (
    {% for source, what, ori, group, sex, kept in [
        ('int_crime__victim_sums', 1, 'ori', 'group_no', 'sex_no', 'what = 1 and victims >= ' ~ victim_floor()),
        ('int_crime__victim_sums', 2, 'ori', 'group_no', 'sex_no', 'what = 2'),
        ('int_crime__victim_sums', 3, 'ori', 'group_no', 'sex_no', 'what = 3'),
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
        {% for measure in victim_measures() %}
        {% if loop.first or sex %}
        {{ measure if what == 3 else 'case when victims >= ' ~ victim_floor() ~ ' then ' ~ measure ~ ' end' }} as {{ measure }},
        {% else %}
        -- an incident with victims of two cells is in both: of merged cells incidents cannot be added up
        cast(null as bigint) as {{ measure }},
        {% endif %}
        {% endfor %}
        cast(extract(year from month_start) as int) as data_year
    from {{ ref(source) if source.startswith('int') else source }}
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
        ('group_no', victim_groups(), 'victim_group'), ('sex_no', victim_sexes(), 'sex'), ('relation_no', victim_relations(), 'relation'),
    ] %}
    case merged.{{ column }}
        {% for word in names %} when {{ loop.index0 }} then '{{ word }}'{% endfor %}
        {{- " else 'merged'" if name == 'victim_group' }}
    end as {{ name }},
    {% endfor %}
    {% for measure in victim_measures() %}
    merged.{{ measure }},
    {% endfor %}
    provenance._capture_id,
    provenance._payload_id,
    provenance._kind
from merged
inner join {{ ref('int_crime__victim_families') }} as families
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
    {% for measure in victim_measures() %}
    {{ measure }},
    {% endfor %}
    _capture_id,
    _payload_id,
    _kind
from {{ ref('stg_fbi__nibrs') }}
where record in ('cell', 'total')
