-- question: What does this release hold, of what, and what is missing?
-- about: release
-- caveat: of_how_many is empty if nobody is known to say how many there are, or if what is held is more than was said or of other years. how_to_get in meta.holdings says what brings the rest.
select
    dataset,
    held_from,
    held_to,
    records_held,
    of_how_many,
    held_unit,
    of_what,
    what_is_missing
from meta.holdings
where records_held > 0
order by dataset;
