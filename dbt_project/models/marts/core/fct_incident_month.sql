-- Each report once: a plain sum over months, victim groups and families is the series' number of reports.
select
    {{ surrogate_key(['months.city_code', 'months.series', 'months.month_start', 'counts.victim_group',
        'counts.is_sexual_assault', 'counts.is_domestic_violence']) }} as incident_month_key,
    coalesce(jurisdictions.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    {{ surrogate_key(['months.series']) }} as series_key,
    {{ surrogate_key(['counts.victim_group']) }} as victim_group_key,
    {{ date_key('months.month_start') }} as month_date_key,
    months.city_code,
    months.month_start,
    counts.victim_group,
    counts.is_sexual_assault,
    counts.is_domestic_violence,
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
inner join {{ ref('int_crime__incident_parts') }} as counts
    on months.series = counts.series and months.month_start = counts.month_start
left join {{ ref('dim_jurisdiction') }} as jurisdictions
    on months.geoid = jurisdictions.geoid
