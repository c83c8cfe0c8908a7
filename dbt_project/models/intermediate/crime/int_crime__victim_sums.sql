{%- set relations = victim_relations() %}
-- Victims of all incidents by agency and month, before small cells are merged: cells, totals and months (what: 1, 2, 3).
with alone_placed as (
    select
        months.month_no,
        alone.family_no,
        alone.group_no,
        alone.sex_no,
        alone.relation_no,
        {% for measure in victim_measures() %}
        alone.{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_crime__victims_alone') }} as alone
    inner join {{ ref('int_crime__victim_months') }} as months
        on alone.ori = months.ori and alone.month_start = months.month_start and alone.state_code = months.state_code
),

added as (
    select
        what, month_no, family_no, group_no, sex_no, relation_no,
        {{- victim_sums() }}
    from (
        select 1 as what, month_no, family_no, group_no, sex_no, relation_no, {{ victim_measures() | join(', ') }}
        from alone_placed
        where relation_no <> {{ relations.index('no person') }} and family_no is not null
        {% for family in ['family_no', '0'] %}
        {% for group in ['group_no', '0'] %}
        union all
        select
            2 as what, month_no, {{ family }} as family_no, {{ group }} as group_no, 0 as sex_no, 0 as relation_no,
            {{ victim_measures() | join(', ') }}
        from alone_placed
        where relation_no <> {{ relations.index('no person') }} and {{ family }} is not null
        {% endfor %}
        {% endfor %}
        {% for group in ['group_no', '0'] %}
        union all
        select
            3 as what, month_no, 0 as family_no, {{ group }} as group_no, 0 as sex_no, 0 as relation_no,
            case when relation_no < {{ relations.index('officer') }} then victims else 0 end as victims, {{ victim_measures()[1:] | join(', ') }}
        from alone_placed
        {% endfor %}
        union all
        select * from {{ ref('int_crime__victims_shared') }}
    ) as both_kinds
    group by what, month_no, family_no, group_no, sex_no, relation_no
)

select
    months.state_code,
    months.ori,
    months.month_start,
    added.*
from added
inner join {{ ref('int_crime__victim_months') }} as months
    on added.month_no = months.month_no
