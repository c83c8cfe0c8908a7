-- The policies of a unit and of its state as they stand at the end of each month. A state's preemption is kept apart from
-- its other policies.
{%- set statuses = ['in force', 'weakened', 'enjoined', 'not in force'] %}
{%- set known = "'" ~ (statuses | join("', '")) ~ "'" %}
with standing as (
    select
        spine.jurisdiction_key,
        spine.month_start,
        {% for kind, whose, where in [
            ('own', 'jurisdiction_key', " and spells.provision_code <> 'preemption'"),
            ('state', 'state_jurisdiction_key', " and spells.provision_code <> 'preemption'"),
            ('preemption', 'state_jurisdiction_key', " and spells.provision_code = 'preemption'"),
        ] %}
        {% for status in statuses %}
        count(case
            when spells.jurisdiction_key = spine.{{ whose }}{{ where }} and spells.status = '{{ status }}' then 1
        end) as {{ kind }}_{{ status | replace(' ', '_') }}{{ ',' if not loop.last }}
        {% endfor %},
        {% endfor %}
        {% for provision in panel_provisions() %}
        count(case
            when spells.jurisdiction_key = spine.jurisdiction_key
                and spells.provision_code = '{{ provision }}'
                and spells.status in ({{ known }}) then 1
        end) as known_{{ provision }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_crime__unit_spine') }} as spine
    inner join {{ ref('fct_policy_status') }} as spells
        on
            spells.jurisdiction_key in (spine.jurisdiction_key, spine.state_jurisdiction_key)
            and spells.valid_from < spine.next_month
            and (spells.valid_to is null or spells.valid_to >= spine.next_month)
    group by spine.jurisdiction_key, spine.month_start
)

select
    jurisdiction_key,
    month_start,
    {% for kind in ['own', 'state', 'preemption'] %}
    case
        when {{ kind }}_in_force > 0 then 'in force'
        when {{ kind }}_weakened > 0 then 'weakened'
        when {{ kind }}_enjoined > 0 then 'enjoined'
        when {{ kind }}_not_in_force > 0 then 'not in force'
        else 'not known'
    end as {{ {'own': 'policy_status', 'state': 'state_policy_status', 'preemption': 'state_preemption_status'}[kind] }},
    {% endfor %}
    case
        when own_in_force + own_weakened + own_enjoined + own_not_in_force > 0 then cast(own_in_force as bigint)
    end as provisions_in_force,
    {% for provision in panel_provisions() %}
    known_{{ provision }} > 0 as is_{{ provision }}_known{{ ',' if not loop.last }}
    {% endfor %}
from standing
