{{ config(materialized='table') }}
-- What is known of an agency's month beside its victims: whether it counts as sent, and how far ethnicity is known.
with counted as (
    select
        ori,
        month_start,
        sum(incidents) as incidents
    from {{ ref('int_crime__victim_counts') }}
    where record = 'month' and victim_group = 'all'
    group by ori, month_start
),

known as (
    select
        ori,
        cast(extract(year from month_start) as int) as data_year,
        cast(sum(case when victim_group = 'all' then victims end) as bigint) as individuals,
        cast(sum(case when victim_group in ('hispanic', 'non_hispanic') then victims else 0 end) as bigint) as known_individuals
    from {{ ref('int_crime__victim_counts') }}
    where record = 'month'
    group by ori, extract(year from month_start)
),

months as (
    select
        listed.state_code,
        listed.ori,
        listed.month_start,
        listed.agency_name,
        listed.population,
        listed.reported_status,
        listed.reporting_type,
        listed.nibrs_start_on,
        cast(coalesce(counted.incidents, 0) as bigint) as incidents,
        cast(known.known_individuals as double) / nullif(known.individuals, 0) as known_share,
        listed._capture_id,
        listed._payload_id,
        listed._kind,
        {{ median_over("case when listed.reported_status = 'I' then coalesce(counted.incidents, 0) end",
            'partition by listed.ori, listed.data_year') }} as median_incidents,
        max(case when listed.reported_status in ('I', 'Z') then 1 else 0 end) over (partition by listed.ori, listed.data_year)
            as sends
    from {{ ref('stg_fbi__nibrs') }} as listed
    left join counted
        on listed.ori = counted.ori and listed.month_start = counted.month_start
    left join known
        on listed.ori = known.ori and listed.data_year = known.data_year
    where listed.record = 'month'
)

select
    state_code,
    ori,
    month_start,
    agency_name,
    population,
    incidents,
    known_share,
    case
        when reported_status = 'U' then 'not sent: the archive says so'
        when coalesce(reported_status, '') not in ('I', 'Z') then 'unknown: the archive does not say whether it was sent'
        when reporting_type = 'S' then 'not sent: the agency reports by monthly totals'
        when month_start < {{ dbt.date_trunc('month', 'nibrs_start_on') }} then 'not sent: before the agency reports by incident'
        -- below ten a low month is chance
        when median_incidents >= 10 and incidents < 0.6 * median_incidents then 'in part: under 60 percent of its median month'
        else 'sent'
    end as sent_status,
    _capture_id,
    _payload_id,
    _kind
from months
-- to 2016 the archives list every agency of the state, most of which report by monthly totals
where sends = 1
union all
select
    state_code,
    ori,
    month_start,
    agency_name,
    population,
    incidents,
    known_share,
    sent_status,
    _capture_id,
    _payload_id,
    _kind
from {{ ref('stg_fbi__nibrs') }}
where record = 'agency_month'
