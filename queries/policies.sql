-- question: Which legal events of a jurisdiction on its part in immigration enforcement are known, and who says so?
-- title: Which legal events of {jurisdiction} on its part in immigration enforcement are known, and who says so?
-- about: policies
-- parameter: jurisdiction=Chicago (place)
-- caveat: Only events whose source is cited decide a status (source_status sourced, partial or council record; is_decisive in core.fct_policy_event). Before the first of them nothing is known.
-- caveat: An act that both the ledger and the council's own record tell has a row of each, and one row of the ledger may name two laws: to count acts, take the rows of one source alone.
-- caveat: A state's law is shown beside a city's; it does not replace it here.
-- an act of several provisions is one event
select distinct
    jurisdictions.name,
    events.instrument,
    events.instrument_number,
    events.event,
    events.event_from,
    events.date_precision,
    events.source_status,
    events.source_citation
from core.fct_policy_event as events
join core.dim_jurisdiction as jurisdictions using (jurisdiction_key)
where jurisdictions.jurisdiction_key = $jurisdiction
order by events.event_from nulls last, events.instrument, events.instrument_number, events.event, events.source_citation;
