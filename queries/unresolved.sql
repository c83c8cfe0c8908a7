-- question: Which names of recipients, listings or agencies could not be matched to a government unit, largest sum first?
-- about: release
-- caveat: A school district or a university is not a city and is not matched to one.
-- column: sits_in: Government unit in whose territory the named body sits. Null if it is not known.
-- column: obligated_usd (USD): Sum of what the awards under the name obligated. Null if the name holds no award.
select
    unresolved.what,
    unresolved.name,
    unresolved.state_code,
    unresolved.kind,
    unresolved.match_method,
    unresolved.match_evidence,
    nullif(units.name, 'unknown') as sits_in,
    unresolved.mentions,
    unresolved.amount as obligated_usd
from meta.unresolved_name as unresolved
join core.dim_jurisdiction as units on unresolved.located_in_jurisdiction_key = units.jurisdiction_key
order by unresolved.place_in_list;
