-- A line of instrument_provisions that names no instrument of the ledger would say nothing: a misspelt number.
select provisions.jurisdiction_name, provisions.instrument, provisions.instrument_number
from {{ ref('instrument_provisions') }} as provisions
left join {{ ref('stg_ledger__policy_events') }} as events
    on
        provisions.jurisdiction_name = events.jurisdiction_name
        and provisions.instrument = events.instrument
        and coalesce(provisions.instrument_number, '') = coalesce(events.instrument_number, '')
where events.event is null and (select count(*) from {{ ref('stg_ledger__policy_events') }}) > 0
