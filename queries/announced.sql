-- question: Which awards were announced for a jurisdiction, by whom, and what do they hold now?
-- title: Which awards were announced for {jurisdiction}, by whom, and what do they hold now?
-- about: announcements
-- parameter: jurisdiction=Chicago (place)
-- caveat: Announced and obligated amounts stand beside each other and are never added: they are of one award.
-- caveat: A selection: what was found in print and the captured lists. An empty obligated_usd says that the award is not captured, or that nobody can tell which it became (award_rule).
-- column: announced_usd (USD): Amount that was announced or reported. Null if no amount was printed.
-- column: obligated_usd (USD): What the captured award that it was matched to has obligated. Null if no captured award was matched.
-- column: obligated_less_announced_usd (USD): Obligated less announced amount. Null if either is.
select
    announced.fiscal_year,
    announced.program_area,
    announced.announced_amount as announced_usd,
    announced.is_rounded,
    announced.officers_announced,
    announced.witnesses,
    announced.announced_by,
    announced.document_date,
    awards.obligated_amount as obligated_usd,
    awards.obligated_amount - announced.announced_amount as obligated_less_announced_usd,
    awards.fain,
    announced.award_rule,
    announced.source_citation
from core.fct_announced_award as announced
left join core.fct_award as awards using (award_key)
where announced.jurisdiction_key = $jurisdiction
order by
    announced.fiscal_year, announced.program_area, announced.announced_amount, announced.announced_by,
    announced.announced_award_key;
