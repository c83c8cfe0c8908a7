{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('dataset') }} as set_id,
        {{ incident_date(['month']) }} as report_month,
        {{ incident_code() }} as code,
        {{ incident_yes() }} as is_domestic,
        {{ incident_is_supplement() }} as is_supplement,
        {{ incident_victim_group() }} as victim_group_code,
        {{ incident_counted_by() }} as counted_by,
        try_cast({{ field('n') }} as bigint) as reports,
        {{ incident_date(['newest']) }} as newest_on,
        coalesce(
            {{ incident_date_fault(incident_date(['month']), 'captures._retrieved_at') }},
            case when try_cast({{ field('n') }} as bigint) is null then 'n is not a count' end
        ) as _reject_reason,
        records._capture_id,
        records._payload_id,
        records._record_no
    from {{ source('raw', 'socrata__incident_months') }} as records
    inner join {{ captures_of_sets() }} as captures
        on records._capture_id = captures._serving_id
)
,
{{ with_fate('typed', key=['set_id', 'report_month', 'counted_by'], content=['set_id', 'report_month', 'counted_by',
    'reports', 'newest_on']) }}
