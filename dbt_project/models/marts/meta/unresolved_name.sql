-- What nobody could tie to a unit, largest money first.
with paid as (
    select
        recipients.recipient_name as name,
        recipients.state_code,
        recipients.recipient_kind as kind,
        recipients.match_method,
        recipients.match_evidence,
        recipients.located_in_jurisdiction_key,
        count(awards.award_key) as mentions,
        cast(sum(awards.obligated_amount) as decimal(18, 2)) as amount
    from {{ ref('dim_recipient') }} as recipients
    inner join {{ ref('fct_award') }} as awards
        on recipients.recipient_key = awards.recipient_key
    where not recipients.is_resolved
    group by
        recipients.recipient_name, recipients.state_code, recipients.recipient_kind, recipients.match_method,
        recipients.match_evidence, recipients.located_in_jurisdiction_key
),

listed as (
    select
        listed_name as name,
        state_code,
        agency_kind as kind,
        match_method,
        match_evidence,
        located_in_jurisdiction_key,
        count(*) as mentions,
        cast(null as decimal(18, 2)) as amount
    from {{ ref('fct_tracker_listing') }}
    where not is_resolved
    group by listed_name, state_code, agency_kind, match_method, match_evidence, located_in_jurisdiction_key
),

registered as (
    select
        agency_name as name,
        state_code,
        agency_kind as kind,
        match_method,
        match_evidence,
        {{ unknown_key() }} as located_in_jurisdiction_key,
        count(*) as mentions,
        cast(null as decimal(18, 2)) as amount
    from {{ ref('dim_agency') }}
    where
        not is_resolved
        and agency_key <> {{ unknown_key() }}
        and ori is not null
        -- an agency that sends months and stands in no register has a number and no name
        and ori not in (select ori from {{ ref('int_crime__unregistered') }})
    group by agency_name, state_code, agency_kind, match_method, match_evidence
),

everything as (
    select 'award recipients' as what, paid.* from paid
    union all
    select 'listings of trackers' as what, listed.* from listed
    union all
    select 'agencies of the register' as what, registered.* from registered
)

select
    cast(row_number() over (
        order by case when amount is null then 1 else 0 end, amount desc, what, name, state_code, match_evidence, kind, located_in_jurisdiction_key
    ) as bigint) as place_in_list,
    what,
    name,
    state_code,
    kind,
    match_method,
    match_evidence,
    located_in_jurisdiction_key,
    mentions,
    amount
from everything
