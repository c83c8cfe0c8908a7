-- question: What did each source give, as of when, and what must I know before using it?
-- about: release
-- caveat: A transcribed capture has true figures, typed from the publication. Most are selections, and the note says of what.
select
    dataset,
    kind,
    records,
    cast(last_retrieved_at as date) as as_of,
    state,
    note
from meta.source_status
order by dataset;
