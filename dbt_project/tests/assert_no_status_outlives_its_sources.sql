-- A spell in force, or weakened, to whose last day no event's source reaches: a list of one date says nothing of later days.
with spells as (
    select
        jurisdiction_key,
        provision_code,
        status,
        valid_from,
        coalesce(
            cast({{ dbt.dateadd('day', -1, 'valid_to') }} as date), cast('9999-12-31' as date)
        ) as last_day
    from {{ ref('fct_policy_status') }}
    where status in ('in force', 'weakened')
),

reached as (
    select
        spells.jurisdiction_key,
        spells.provision_code,
        spells.valid_from
    from spells
    inner join {{ ref('int_ordinances__event_provisions') }} as events
        on
            spells.jurisdiction_key = events.jurisdiction_key
            and spells.provision_code = events.provision_code
            and events.decides_status
            and events.track = 'force'
            and events.sets = 1
            and events.event_to <= spells.last_day
            and (events.known_until is null or events.known_until >= spells.last_day)
    group by spells.jurisdiction_key, spells.provision_code, spells.valid_from
)

select spells.*
from spells
left join reached
    on
        spells.jurisdiction_key = reached.jurisdiction_key
        and spells.provision_code = reached.provision_code
        and spells.valid_from = reached.valid_from
where reached.jurisdiction_key is null
