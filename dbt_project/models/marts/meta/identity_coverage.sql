-- How much of what was captured is tied to a unit, by count and, for awards, by money.
with recipients as (
    select
        recipients.recipient_kind as kind,
        recipients.is_resolved,
        recipients.located_in_jurisdiction_key,
        coalesce(sum(awards.obligated_amount), 0) as amount
    from {{ ref('dim_recipient') }} as recipients
    left join {{ ref('fct_award') }} as awards
        on recipients.recipient_key = awards.recipient_key
    where recipients.recipient_key <> {{ unknown_key() }}
    group by recipients.recipient_key, recipients.recipient_kind, recipients.is_resolved, recipients.located_in_jurisdiction_key
),

everything as (
    select 'award recipients' as what, kind, is_resolved, located_in_jurisdiction_key, amount
    from recipients
    union all
    select
        'listings of trackers' as what, agency_kind as kind, is_resolved, located_in_jurisdiction_key,
        cast(null as decimal(18, 2)) as amount
    from {{ ref('fct_tracker_listing') }}
    union all
    select
        'agencies of the register' as what, agency_kind as kind, is_resolved, {{ unknown_key() }} as located_in_jurisdiction_key,
        cast(null as decimal(18, 2)) as amount
    from {{ ref('dim_agency') }}
    where
        agency_key <> {{ unknown_key() }}
        and ori is not null
        -- an agency that sends months and stands in no register has a number and no name
        and ori not in (select ori from {{ ref('int_crime__unregistered') }})
),

rolled as (
    select what, kind, is_resolved, located_in_jurisdiction_key, amount from everything
    union all
    select what, 'all' as kind, is_resolved, located_in_jurisdiction_key, amount from everything
)

select
    what,
    kind,
    count(*) as names,
    cast(sum(case when is_resolved then 1 else 0 end) as bigint) as names_resolved,
    cast(sum(case when not is_resolved and located_in_jurisdiction_key <> {{ unknown_key() }} then 1 else 0 end) as bigint) as names_located,
    cast(sum(amount) as decimal(18, 2)) as amount,
    cast(sum(case when is_resolved then amount end) as decimal(18, 2)) as amount_resolved,
    cast(sum(case when is_resolved then 1 else 0 end) as double) / count(*) as resolved_share,
    case when sum(amount) > 0 then
        cast(coalesce(sum(case when is_resolved then amount end), 0) as double) / cast(sum(amount) as double)
    end as amount_resolved_share
from rolled
group by what, kind
