-- question: What did each source give, as of when, and what must I know before using it?
-- about: release
-- caveat: A transcribed capture has true figures, typed from the publication. Most are selections, and the note says of what.
-- column: as_of: Day (UTC) of the newest capture that is read. Null if nothing is captured.
select
    dataset,
    kind,
    records,
    cast(last_retrieved_at as date) as as_of,
    state,
    note
from meta.source_status
order by dataset;
