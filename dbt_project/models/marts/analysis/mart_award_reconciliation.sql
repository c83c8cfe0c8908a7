-- Every award whose transactions add up to something else than the award's own total, and why that may be.
select
    {{ surrogate_key(['fain', 'awarding_agency_code']) }} as award_key,
    fain,
    awarding_agency_code,
    recipient_name,
    cast(transactions as bigint) as transactions,
    cast(transactions_amount as decimal(18, 2)) as transactions_amount,
    own_amount,
    own_amount_from,
    cast(transactions_amount - own_amount as decimal(18, 2)) as difference_amount,
    is_whole,
    case
        when not is_whole then 'not every fiscal year of the award is captured'
        when own_amount is null then 'the award has no total of its own'
        when is_aggregate then 'an aggregate of many recipients: its total is that of one action'
        else 'unexplained: a modification under a listing that is not asked for, or a total not yet brought up to date'
    end as difference_because
from {{ ref('int_awards__awards') }}
where transactions is not null and (own_amount is null or transactions_amount <> own_amount)
