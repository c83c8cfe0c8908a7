-- Reports by set, month, code and victim's group, once from full rows and once from the city's own counts.
select
    set_id,
    'rows' as counted_from,
    cast({{ dbt.date_trunc('month', 'counted_on') }} as date) as report_month,
    code,
    is_domestic,
    victim_group_code,
    count(*) as reports,
    max(counted_on) as newest_on,
    max(_retrieved_at) as retrieved_at,
    max(_capture_id) as _capture_id,
    max(_payload_id) as _payload_id,
    max(_kind) as _kind
from {{ ref('stg_socrata__incidents') }}
where not is_supplement
group by
    set_id, cast({{ dbt.date_trunc('month', 'counted_on') }} as date), code, is_domestic, victim_group_code
union all
select
    set_id,
    'aggregates' as counted_from,
    report_month,
    code,
    is_domestic,
    victim_group_code,
    sum(reports) as reports,
    max(newest_on) as newest_on,
    max(_retrieved_at) as retrieved_at,
    max(_capture_id) as _capture_id,
    max(_payload_id) as _payload_id,
    max(_kind) as _kind
from {{ ref('stg_socrata__incident_months') }}
where not is_supplement
group by set_id, report_month, code, is_domestic, victim_group_code
