{#-
    What policies stand for a unit at the end of a period: its own, its state's, and its state's preemption, which is kept
    apart from the state's other policies. Of several that stand, the strongest counts. What does not belong here: when a
    policy begins and ends (fct_policy_status).
-#}
{#- From the strongest to the weakest. A policy of another status is not known. -#}
{% macro known_statuses() -%}{{ return(['in force', 'weakened', 'enjoined', 'not in force']) }}{%- endmacro %}

{#-
    Whose policies: the column that a model publishes their status in, the column of a spine with the unit whose they are,
    and whether they are its preemption.
-#}
{% macro policies_of() -%}
    {{ return([
        {'status': 'policy_status', 'unit': 'jurisdiction_key', 'preempts': false},
        {'status': 'state_policy_status', 'unit': 'state_jurisdiction_key', 'preempts': false},
        {'status': 'state_preemption_status', 'unit': 'state_jurisdiction_key', 'preempts': true},
    ]) }}
{%- endmacro %}

{#-
    A query of one row per key of a spine for which a policy stands: the rank of the strongest status (<status>_rank), and
    how many provisions of the unit's own are in force (own_in_force).

    spine       a relation or a common table expression with the keys, jurisdiction_key, state_jurisdiction_key and `ends`
    keys        the columns that name a row of the spine
    ends        the column with the day after the period's last
    provisions  codes of provisions: for each whether its status is known (is_<code>_known)
-#}
{% macro standing_policies(spine, keys, ends, provisions=[]) -%}
    select
        {% for key in keys %}
        spine.{{ key }},
        {% endfor %}
        {% for one in policies_of() %}
        min(case
            when spells.jurisdiction_key = spine.{{ one.unit }} and spells.provision_code {{ '=' if one.preempts else '<>' }} 'preemption'
                then case spells.status {% for status in known_statuses() %}when '{{ status }}' then {{ loop.index }} {% endfor %}end
        end) as {{ one.status }}_rank,
        {% endfor %}
        {% for provision in provisions %}
        count(case
            when spells.jurisdiction_key = spine.jurisdiction_key
                and spells.provision_code = '{{ provision }}'
                and spells.status in ('{{ known_statuses() | join("', '") }}') then 1
        end) > 0 as is_{{ provision }}_known,
        {% endfor %}
        cast(count(case
            when spells.jurisdiction_key = spine.jurisdiction_key
                and spells.provision_code <> 'preemption'
                and spells.status = 'in force' then 1
        end) as bigint) as own_in_force
    from {{ spine }} as spine
    inner join {{ ref('fct_policy_status') }} as spells
        on
            spells.jurisdiction_key in (spine.jurisdiction_key, spine.state_jurisdiction_key)
            and spells.valid_from < spine.{{ ends }}
            and (spells.valid_to is null or spells.valid_to >= spine.{{ ends }})
    group by {% for key in keys %}spine.{{ key }}{{ ', ' if not loop.last }}{% endfor %}

{%- endmacro %}

{#-
    The columns of standing_policies as they are published: three statuses, `not known` where no policy of a known status
    stands, and provisions_in_force, which is null where none of the unit's own is known.

    standing  the relation of standing_policies, joined by left join
-#}
{% macro standing_policy_columns(standing) -%}
    {% for one in policies_of() %}
    case {{ standing }}.{{ one.status }}_rank
        {% for status in known_statuses() %}
        when {{ loop.index }} then '{{ status }}'
        {% endfor %}
        else 'not known'
    end as {{ one.status }},
    {% endfor %}
    case when {{ standing }}.policy_status_rank is not null then {{ standing }}.own_in_force end as provisions_in_force
{%- endmacro %}
