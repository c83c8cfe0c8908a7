-- question: Into which program areas do the awards fall, by which rule, and how many does no rule decide?
-- about: release
-- caveat: Sums cover the captured awards only. share_of_nation_percent covers the whole program area: its share of what the nation obligated under the same listings in the same years (share_note).
-- caveat: officers_reported is of the few awards for which a number was announced (awards_with_officers). It must not be divided by what all awards of the row obligated.
-- caveat: `unknown` is an answer: neither the listing, nor the code in the FAIN, nor the description shows the area.
-- column: awards (count): Captured awards of the program area that the rule decided. Never null.
-- column: obligated_usd (USD): Sum of what they obligated. Null if no amount is known.
-- column: officers_reported (count): Officers that an announcement gives for these awards; it gives them for as many as awards_with_officers says, and for no others. Null if none was (not zero).
-- column: awards_with_officers (count): Awards of the row for which a number of officers was announced: officers_reported is of these alone. Never null.
select
    awards.program_area,
    awards.program_rule,
    count(*) as awards,
    sum(awards.obligated_amount) as obligated_usd,
    sum(awards.officers_funded_reported) as officers_reported,
    count(awards.officers_funded_reported) as awards_with_officers,
    max(shares.share_of_nation_percent) as share_of_nation_percent,
    max(shares.share_note) as share_note
from core.fct_award as awards
left join analysis.mart_award_share as shares
    on shares.share_scope = 'program area' and awards.program_area = shares.program_area
group by awards.program_area, awards.program_rule
order by awards.program_area = 'unknown', awards.program_area, obligated_usd desc;
