-- question: Into which program areas do the awards fall, by which rule, and how many does no rule decide?
-- about: release
-- caveat: `unknown` is an answer: neither the listing, nor the code in the FAIN, nor the description shows the area.
select
    awards.program_area,
    awards.program_rule,
    count(*) as awards,
    sum(awards.obligated_amount) as obligated_usd,
    sum(awards.officers_funded_reported) as officers_reported
from core.fct_award as awards
group by awards.program_area, awards.program_rule
order by awards.program_area = 'unknown', awards.program_area, obligated_usd desc;
