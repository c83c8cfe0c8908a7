-- The day from which a unit's policy was first in force, by provision. A date that is known only to the year has no month
-- and is left out of the provisions' columns.
{%- set provisions = panel_provisions() %}
with first_in_force as (
    select
        jurisdiction_key,
        provision_code,
        min(valid_from) as in_force_from
    from {{ ref('fct_policy_status') }}
    where status = 'in force'
    group by jurisdiction_key, provision_code
),

-- a date that is known to the year has no month, and then no event time
dated as (
    select
        firsts.jurisdiction_key,
        firsts.provision_code,
        firsts.in_force_from,
        coalesce(min(case
            when events.date_precision = 'day' then 1
            when events.date_precision = 'month' then 2
            else 3
        end), 3) as precision_rank
    from first_in_force as firsts
    left join {{ ref('fct_policy_event') }} as events
        on
            firsts.jurisdiction_key = events.jurisdiction_key
            and firsts.in_force_from in (events.event_from, events.event_to)
            and events.effect_track = 'force'
            and events.source_status <> 'unsourced'
    group by firsts.jurisdiction_key, firsts.provision_code, firsts.in_force_from
),

policy_dates as (
    select
        dated.jurisdiction_key,
        {% for provision in provisions %}
        min(case when provision_code = '{{ provision }}' and precision_rank < 3 then in_force_from end)
            as {{ provision }}_from,
        {% endfor %}
        min(case when provision_code = 'preemption' and precision_rank < 3 then in_force_from end) as preemption_from,
        min(case when provision_code <> 'preemption' then in_force_from end) as first_policy_on
    from dated
    group by dated.jurisdiction_key
),

first_policies as (
    select
        policy_dates.jurisdiction_key,
        min(dated.precision_rank) as precision_rank
    from policy_dates
    inner join dated
        on
            policy_dates.jurisdiction_key = dated.jurisdiction_key
            and policy_dates.first_policy_on = dated.in_force_from
            and dated.provision_code <> 'preemption'
    group by policy_dates.jurisdiction_key
)

select
    policy_dates.*,
    first_policies.precision_rank
from policy_dates
left join first_policies
    on policy_dates.jurisdiction_key = first_policies.jurisdiction_key
