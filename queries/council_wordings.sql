-- question: Which wordings of a council's register does no rule read, and how often do they stand there?
-- title: Which wordings of the council of {jurisdiction} does no rule read, and how often do they stand there?
-- about: matters
-- parameter: jurisdiction=New York, NY (place)
-- caveat: An unread wording decides nothing: an act of law may hide behind it.
-- caveat: Of the captured histories only, which are those of matters that the finder finds; standings are of every matter.
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
order by wordings.times desc, wordings.wording;
