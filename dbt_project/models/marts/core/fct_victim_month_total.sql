-- Totals, which overlap: an agency's month over all sexes and relations, of each group and of all. Every month that an
-- archive names has a row of all offenses and groups, so that a month that was not sent is not taken for a quiet one.
with counts as (
    select * from {{ ref('int_crime__victim_counts') }} where record = 'total'
),

keyed as (
    select
        coalesce(counts.state_code, months.state_code) as state_code,
        coalesce(counts.ori, months.ori) as ori,
        coalesce(counts.month_start, months.month_start) as month_start,
        coalesce(counts.offense_family, 'all_offenses') as offense_family,
        coalesce(counts.victim_group, 'all') as victim_group,
        counts.ori is null as is_without_victims,
        counts.victims,
        counts.incidents,
        counts.report_date_incidents,
        counts.several_offense_incidents,
        months.incidents as month_incidents,
        months.population,
        coalesce(months.sent_status, 'unknown: the archive does not name the month') as sent_status,
        months.known_share,
        coalesce(counts._capture_id, months._capture_id) as _capture_id,
        coalesce(counts._payload_id, months._payload_id) as _payload_id,
        coalesce(counts._kind, months._kind) as _kind
    from counts
    full outer join {{ ref('int_crime__victim_agency_months') }} as months
        on counts.ori = months.ori and counts.month_start = months.month_start
)

select
    {{ surrogate_key(['ori', 'month_start', 'offense_family', 'victim_group']) }} as victim_month_total_key,
    {{ surrogate_key(['ori']) }} as agency_key,
    {{ surrogate_key(["'NIBRS victims'"]) }} as series_key,
    {{ surrogate_key(['offense_family']) }} as offense_key,
    {{ surrogate_key(['victim_group']) }} as victim_group_key,
    {{ date_key('month_start') }} as month_date_key,
    state_code,
    ori,
    month_start,
    offense_family,
    victim_group,
    case when is_without_victims and sent_status = 'sent' then 0 else victims end as victims,
    case when is_without_victims and sent_status = 'sent' then 0 else incidents end as incidents,
    case when is_without_victims and sent_status = 'sent' then 0 else report_date_incidents end as report_date_incidents,
    case when is_without_victims and sent_status = 'sent' then 0 else several_offense_incidents end as several_offense_incidents,
    month_incidents,
    population,
    sent_status,
    known_share,
    _capture_id,
    _payload_id,
    _kind
from keyed
