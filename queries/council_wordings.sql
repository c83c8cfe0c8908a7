-- question: Which wordings in a council's register does no rule cover, and how often do they occur?
-- title: Which wordings of the council of {jurisdiction} does no rule cover, and how often do they occur?
-- about: matters
-- parameter: jurisdiction=New York, NY (place)
-- caveat: A wording that no rule covers decides nothing. It may be an act of law.
-- caveat: Wordings of actions come from captured histories, which exist for relevant matters only; wordings of outcomes come from every matter.
select
    wordings.council_client,
    wordings.applies_to,
    wordings.wording,
    wordings.body_kind,
    wordings.times,
    wordings.matters,
    wordings.last_used_on
from meta.council_wording as wordings
join meta.council_client as clients
    on wordings.council_client = clients.client and wordings.council_source = clients.council_source
where clients.jurisdiction_key = $jurisdiction and wordings.reading = 'unread'
order by wordings.times desc, wordings.wording, wordings.applies_to, wordings.body_kind;
