-- A line of instrument_provisions that names no instrument of the ledger would say nothing: a misspelt number, or the
-- GEOID of another unit.
select provisions.geoid, provisions.jurisdiction_name, provisions.instrument, provisions.instrument_number
from {{ ref('instrument_provisions') }} as provisions
left join {{ ref('stg_ledger__policy_events') }} as events
    on
        provisions.geoid = events.geoid
        and provisions.instrument = events.instrument
        and coalesce(provisions.instrument_number, '') = coalesce(events.instrument_number, '')
where events.event is null and (select count(*) from {{ ref('stg_ledger__policy_events') }}) > 0
