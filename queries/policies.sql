-- question: Which sanctuary policy was in force in a jurisdiction, since when, and who says so?
-- parameter: jurisdiction=Chicago
-- caveat: Only events that somebody can cite decide; before the first of them nothing is known.
-- caveat: A state's law stands beside a city's, never over it here.
select
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
where jurisdictions.geoid = $jurisdiction or jurisdictions.also_geoid = $jurisdiction
    or lower(jurisdictions.name) = lower($jurisdiction)
    or (
        -- "Chicago" is no Chicago Heights; "Portland, OR" is not the one in Maine
        jurisdictions.name_normalized = upper(trim(split_part($jurisdiction, ',', 1)))
        and trim(split_part($jurisdiction, ',', 2)) in ('', jurisdictions.state_code)
        and jurisdictions.is_general_government
    )
order by events.event_from nulls last;
