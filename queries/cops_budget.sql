-- question: What budget authority and outlays did the COPS Office's account have, year by year, by the newest budget?
-- about: release
-- caveat: Budget authority is net: what was appropriated, less what was rescinded of earlier years and moved to other accounts. It is below the appropriation that is announced.
-- caveat: A budget prints actual figures up to the second year before it, and estimates after that.
-- column: budget_authority_usd (USD): Budget authority of the COPS Office's account in the fiscal year, by the newest budget held. Null if none is held.
-- column: authority_by: Whether budget_authority_usd is actual or an estimate, and of which budget. Null if there is no such figure.
-- column: outlays_usd (USD): Outlays of the account in the fiscal year, by the newest budget held. Null if none is held.
-- column: outlays_by: Whether outlays_usd is actual or an estimate, and of which budget. Null if there is no such figure.
select
    fiscal_year,
    sum(case when measure = 'budget_authority' then budget_amount end) as budget_authority_usd,
    max(case when measure = 'budget_authority' then budget_status || ', budget of FY' || budget_year end) as authority_by,
    sum(case when measure = 'outlays' then budget_amount end) as outlays_usd,
    max(case when measure = 'outlays' then budget_status || ', budget of FY' || budget_year end) as outlays_by
from core.fct_budget_account_year
where account_code = '0406' and is_newest
group by fiscal_year
order by fiscal_year;
