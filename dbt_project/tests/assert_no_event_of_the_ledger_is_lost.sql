-- A row that somebody typed into the ledger stands in it, or says why not: one without a GEOID or a date that can be read
-- is quarantined and listed here, and so is a second row of one event, of which only one would serve.
select
    jurisdiction_name,
    geoid_text,
    instrument,
    instrument_number,
    event,
    event_from,
    coalesce(_reject_reason, concat('the same event twice: ', _fate)) as what_is_wrong
from {{ ref('base_ledger__policy_events') }}
where _fate <> 'staged'
