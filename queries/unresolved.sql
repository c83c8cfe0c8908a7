-- question: Whose money could not be tied to a government unit, largest first?
-- caveat: A school district or a university is no city and is not forced onto one.
select
    recipients.recipient_name,
    recipients.recipient_kind,
    recipients.match_method,
    recipients.match_evidence,
    count(*) as awards,
    sum(awards.obligated_amount) as obligated_usd
from core.fct_award as awards
join core.dim_recipient as recipients using (recipient_key)
where awards.jurisdiction_key = '-1'
group by all
order by obligated_usd desc;
