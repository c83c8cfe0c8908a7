-- Each victim once in a family: a plain sum within a family is its number of victims, but for cells that are too small.
select
    {{ surrogate_key(['counts.state_code', 'counts.ori', 'counts.month_start', 'counts.offense_family', 'counts.victim_group',
        'counts.sex', 'counts.relation']) }} as victim_month_key,
    case when counts.ori is null then {{ unknown_key() }} else {{ surrogate_key(['counts.ori']) }} end as agency_key,
    {{ surrogate_key(["'NIBRS victims'"]) }} as series_key,
    {{ surrogate_key(['counts.offense_family']) }} as offense_key,
    {{ surrogate_key(['counts.victim_group']) }} as victim_group_key,
    {{ date_key('counts.month_start') }} as month_date_key,
    counts.state_code,
    counts.ori,
    counts.month_start,
    counts.offense_family,
    counts.victim_group,
    counts.sex,
    counts.relation,
    counts.victims,
    counts.incidents,
    counts.report_date_incidents,
    counts.several_offense_incidents,
    months.sent_status,
    months.known_share,
    counts._capture_id,
    counts._payload_id,
    counts._kind
from {{ ref('int_crime__victim_counts') }} as counts
left join {{ ref('int_crime__victim_agency_months') }} as months
    on counts.ori = months.ori and counts.month_start = months.month_start
where counts.record = 'cell'
