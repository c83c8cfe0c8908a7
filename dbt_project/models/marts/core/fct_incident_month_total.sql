-- Every family and group of a series in every month that is captured: a month that holds reports, and none of a family,
-- is a zero; a month that was not captured has no row. Families overlap and citywide holds the groups.
select
    {{ surrogate_key(['months.city_code', 'months.series', 'months.month_start', 'counts.offense_family',
        'counts.victim_group']) }} as incident_month_total_key,
    coalesce(jurisdictions.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    {{ surrogate_key(['months.series']) }} as series_key,
    {{ surrogate_key(['counts.offense_family']) }} as offense_key,
    {{ surrogate_key(['counts.victim_group']) }} as victim_group_key,
    {{ date_key('months.month_start') }} as month_date_key,
    months.city_code,
    months.month_start,
    counts.offense_family,
    counts.victim_group,
    victim_groups.is_total or offenses.is_total as is_total,
    offenses.is_overlapping,
    months.series,
    counts.reports,
    months.is_month_complete,
    months.is_partial,
    months.break_reason is not null as is_break,
    months.break_reason,
    months.counted_from,
    months.date_basis,
    months._capture_id,
    months._payload_id,
    months._kind
from {{ ref('int_crime__incident_series_months') }} as months
inner join {{ ref('int_crime__incident_groups') }} as counts
    on months.series = counts.series and months.month_start = counts.month_start
inner join {{ ref('victim_groups') }} as victim_groups
    on counts.victim_group = victim_groups.victim_group_code
inner join {{ ref('offenses') }} as offenses
    on counts.offense_family = offenses.offense_code
left join {{ ref('dim_jurisdiction') }} as jurisdictions
    on months.geoid = jurisdictions.geoid
