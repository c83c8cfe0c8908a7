-- Reports by set, month, code and victim's group, once from full rows and once from the city's own counts.
-- Rows are counted as they came, by their texts, before anything is typed: a month of a city has a few thousand different
-- ones among millions. What is typed, judged and left out is the same as in stg_socrata__incidents (a test holds it).
with texts as (
    select
        records._capture_id,
        {% for name in incident_columns() %}
        records.{{ field(name) }},
        {% endfor %}
        count(*) as records
    from {{ source('raw', 'socrata__incidents') }} as records
    left join {{ ref('base_socrata__repeated_incidents') }} as repeated
        on records._capture_id = repeated._capture_id and records._record_no = repeated._record_no
    where repeated._record_no is null and {{ incident_id() }} is not null
    group by
        records._capture_id,
        {% for name in incident_columns() %}
        records.{{ field(name) }}{{ ',' if not loop.last }}
        {% endfor %}
),

typed as (
    select
        captures._set_id as set_id,
        {{ incident_counted_on() }} as counted_on,
        {{ incident_code() }} as code,
        {{ incident_yes() }} as is_domestic,
        {{ incident_victim_group() }} as victim_group_code,
        texts.records,
        captures._retrieved_at,
        captures._kind,
        texts._capture_id,
        payloads._payload_id
    from texts
    inner join {{ captures_of_sets() }} as captures
        on texts._capture_id = captures._serving_id
    inner join (
        select
            capture_id as _holding_id,
            max(payload_id) as _payload_id
        from {{ source('raw', 'payload') }}
        where records > 0
        group by capture_id
    ) as payloads
        on texts._capture_id = payloads._holding_id
    where not {{ incident_is_supplement() }}
)

select
    set_id,
    'rows' as counted_from,
    cast({{ dbt.date_trunc('month', 'counted_on') }} as date) as month_start,
    code,
    is_domestic,
    victim_group_code,
    cast(sum(records) as bigint) as reports,
    max(counted_on) as newest_on,
    max(_retrieved_at) as retrieved_at,
    {{ provenance_of_one() }}
from typed
where {{ incident_date_fault('counted_on', '_retrieved_at') }} is null
group by
    set_id, cast({{ dbt.date_trunc('month', 'counted_on') }} as date), code, is_domestic, victim_group_code
union all
select
    set_id,
    'aggregates' as counted_from,
    report_month as month_start,
    code,
    is_domestic,
    victim_group_code,
    cast(sum(reports) as bigint) as reports,
    max(newest_on) as newest_on,
    max(_retrieved_at) as retrieved_at,
    {{ provenance_of_one() }}
from {{ ref('stg_socrata__incident_months') }}
where not is_supplement
group by set_id, report_month, code, is_domestic, victim_group_code
