{{ config(materialized='table') }}
{%- set measures = ['victims', 'incidents', 'report_date_incidents', 'several_offense_incidents'] %}
{%- set added %}
        {% for measure in measures %}
        cast(sum({{ measure }}) as bigint) as {{ measure }},
        {% endfor %}
        max(provenance_no) as provenance_no
{%- endset %}
{#- A row an incident: how many of its victims are of what is grouped, and what is known of the incident. -#}
{%- set of_incident %}
        max(is_report_date) as is_report_date,
        max(has_several_offenses) as has_several_offenses,
        max(provenance_no) as provenance_no
{%- endset %}
{%- set counted %}
        cast(sum(victims) as bigint) as victims,
        count(*) as incidents,
        cast(sum(is_report_date) as bigint) as report_date_incidents,
        cast(sum(has_several_offenses) as bigint) as several_offense_incidents,
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
        victim_type_code,
        offense_code as nibrs_code,
        ethnicity_code,
        sex_code,
        relationship_codes,
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

-- an id is one incident within the archive of a state and year only
shared_incidents as (
    select
        state_code,
        data_year,
        incident_id,
        case when min(nibrs_code) <> max(nibrs_code) then 1 else 0 end as has_several_offenses
    from captured
    group by state_code, data_year, incident_id
    having count(*) > 1
),

victims as (
    select
        captured.state_code,
        captured.ori,
        captured.month_start,
        codes.offense_code as offense_family,
        -- unknown is written U, X or nothing; M is several
        case captured.ethnicity_code when 'H' then 'hispanic' when 'N' then 'non_hispanic' else 'ethnicity_unknown' end
            as victim_group,
        case upper(captured.sex_code) when 'F' then 'female' when 'M' then 'male' else 'unknown' end as sex,
        case
            when captured.victim_type_code is null or captured.victim_type_code not in ('I', 'L') then 'no person'
            when captured.victim_type_code = 'L' then 'officer'
            -- only the sum of these codes is a series: agencies took up XR one after the other
            when {{ regexp_matches("concat(' ', captured.relationship_codes, ' ')", ' (SE|CS|XS|BG|XR|HR) ') }}
                then 'intimate_partner'
            else 'other'
        end as relation,
        case when shared_incidents.incident_id is not null then captured.incident_id end as shared_incident_id,
        case when shared_incidents.incident_id is not null then captured.victim_id end as victim_id,
        captured.is_report_date,
        coalesce(shared_incidents.has_several_offenses, 0) as has_several_offenses,
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
    left join {{ ref('nibrs_offense_codes') }} as codes
        on captured.nibrs_code = codes.nibrs_code
),

-- of incidents with one record
alone as (
    select
        state_code, ori, month_start, offense_family, victim_group, sex, relation,
        count(*) as victims,
        count(*) as incidents,
        cast(sum(is_report_date) as bigint) as report_date_incidents,
        cast(0 as bigint) as several_offense_incidents,
        max(provenance_no) as provenance_no
    from victims
    where shared_incident_id is null
    group by state_code, ori, month_start, offense_family, victim_group, sex, relation
),

-- of the others: each victim once in a family, and once in all of them
shared_victims as (
    select
        state_code, ori, month_start, offense_family, victim_group, sex, relation, shared_incident_id, victim_id,
        {{ of_incident }}
    from (
        select * from victims where shared_incident_id is not null and offense_family is not null
        union all
        select
            {% for name in ['state_code', 'ori', 'month_start'] %}
            {{ name }},
            {% endfor %}
            'all_offenses' as offense_family,
            {% for name in ['victim_group', 'sex', 'relation', 'shared_incident_id', 'victim_id', 'is_report_date', 'has_several_offenses'] %}
            {{ name }},
            {% endfor %}
            provenance_no
        from victims
        where shared_incident_id is not null
    ) as every_family
    group by state_code, ori, month_start, offense_family, victim_group, sex, relation, shared_incident_id, victim_id
),

shared_cells as (
    select
        state_code, ori, month_start, offense_family, victim_group, sex, relation, shared_incident_id,
        count(*) as victims,
        {{ of_incident }}
    from shared_victims
    group by state_code, ori, month_start, offense_family, victim_group, sex, relation, shared_incident_id
),

shared_groups as (
    select
        state_code, ori, month_start, offense_family, victim_group, shared_incident_id,
        sum(victims) as victims,
        {{ of_incident }}
    from shared_cells
    where relation <> 'no person'
    group by grouping sets (
        (state_code, ori, month_start, offense_family, victim_group, shared_incident_id),
        (state_code, ori, month_start, offense_family, shared_incident_id)
    )
),

cells as (
    select
        state_code, ori, month_start, offense_family, victim_group, sex, relation,
        {{ added }}
    from (
        select * from alone where relation <> 'no person' and offense_family is not null
        union all
        select
            state_code, ori, month_start, offense_family, victim_group, sex, relation,
            {{ counted }}
        from shared_cells
        where relation <> 'no person' and offense_family <> 'all_offenses'
        group by state_code, ori, month_start, offense_family, victim_group, sex, relation
    ) as parts
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
        state_code, ori, month_start, offense_family, victim_group,
        {{ added }}
    from (
        {% for family in ['offense_family', "'all_offenses'"] %}
        {% for group in ['victim_group', "'all'"] %}
        select
            state_code, ori, month_start, {{ family }} as offense_family, {{ group }} as victim_group,
            {{ measures | join(', ') }}, provenance_no
        from alone
        where relation <> 'no person' and {{ family }} is not null
        union all
        {% endfor %}
        {% endfor %}
        select
            state_code, ori, month_start, offense_family, coalesce(victim_group, 'all') as victim_group,
            {{ counted }}
        from shared_groups
        group by state_code, ori, month_start, offense_family, coalesce(victim_group, 'all')
    ) as parts
    group by state_code, ori, month_start, offense_family, victim_group
),

-- all incidents of an agency's month, of those without a person too, and its victims who are people and no officers
months as (
    select
        state_code, ori, month_start, victim_group,
        {{ added }}
    from (
        {% for part, condition in [('alone', 'true'), ('shared_cells', "offense_family = 'all_offenses'")] %}
        {% for group in ['victim_group', "'all'"] %}
        select
            state_code, ori, month_start, {{ group }} as victim_group,
            case when relation in ('intimate_partner', 'other') then victims else 0 end as victims,
            {% for measure in measures[1:] %}
            {{ measure if part == 'alone' and group == "'all'" else 'cast(null as bigint)' }} as {{ measure }},
            {% endfor %}
            provenance_no
        from {{ part }}
        where {{ condition }}
        union all
        {% endfor %}
        {% endfor %}
        select
            state_code, ori, month_start, 'all' as victim_group,
            cast(null as bigint) as victims,
            count(*) as incidents,
            cast(sum(is_report_date) as bigint) as report_date_incidents,
            cast(sum(has_several_offenses) as bigint) as several_offense_incidents,
            max(provenance_no) as provenance_no
        from (
            select
                state_code, ori, month_start, shared_incident_id,
                {{ of_incident }}
            from shared_cells
            where offense_family = 'all_offenses'
            group by state_code, ori, month_start, shared_incident_id
        ) as incidents
        group by state_code, ori, month_start
    ) as parts
    group by state_code, ori, month_start, victim_group
),

merged as (
    {% for source, record, ori, family, group, sex, kept in [
        ('cells', 'cell', 'ori', 'offense_family', 'victim_group', 'sex', 'victims >= ' ~ victim_floor()),
        ('pooled', 'cell', none, 'offense_family', 'victim_group', 'sex', 'victims >= ' ~ victim_floor()),
        ('pooled_groups', 'cell', none, 'offense_family', 'victim_group', none, 'victims >= ' ~ victim_floor()),
        ('pooled_families', 'cell', none, 'offense_family', none, none, 'true'),
        ('totals', 'total', 'ori', 'offense_family', 'victim_group', none, 'true'),
        ('months', 'month', 'ori', none, 'victim_group', none, 'true'),
    ] %}
    {%- set shown = 'case when victims >= ' ~ victim_floor() ~ ' then ' if record != 'month' %}
    select
        '{{ record }}' as record,
        state_code,
        {{ ori or 'cast(null as ' ~ dbt.type_string() ~ ')' }} as ori,
        month_start,
        {{ family or "'all_offenses'" }} as offense_family,
        {{ group or "'merged'" }} as victim_group,
        {{ 'sex' if sex else "'all'" }} as sex,
        {{ 'relation' if sex else "'all'" }} as relation,
        {% for measure in measures %}
        {% if loop.first or sex or record != 'cell' %}
        {{ shown ~ measure ~ ' end' if shown else measure }} as {{ measure }},
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
    merged.offense_family,
    merged.victim_group,
    merged.sex,
    merged.relation,
    merged.victims,
    merged.incidents,
    merged.report_date_incidents,
    merged.several_offense_incidents,
    provenance._capture_id,
    provenance._payload_id,
    provenance._kind
from merged
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
    victims,
    incidents,
    report_date_incidents,
    several_offense_incidents,
    _capture_id,
    _payload_id,
    _kind
from {{ ref('stg_fbi__nibrs') }}
where record in ('cell', 'total')
