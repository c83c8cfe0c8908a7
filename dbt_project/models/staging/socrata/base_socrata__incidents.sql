-- A view: each model after it reads it once, and storing it as a table would cost more than those reads.
with typed as (
    select
        captures._set_id as set_id,
        {{ incident_id() }} as incident_id,
        {{ incident_reported_on() }} as reported_on,
        {{ incident_occurred_on() }} as occurred_on,
        {{ incident_counted_on() }} as counted_on,
        {{ incident_code() }} as code,
        {{ incident_yes() }} as is_domestic,
        {{ incident_is_supplement() }} as is_supplement,
        {{ incident_victim_group() }} as victim_group_code,
        captures._kind,
        captures._retrieved_at,
        records._capture_id,
        records._payload_id,
        records._record_no
    from {{ source('raw', 'socrata__incidents') }} as records
    inner join {{ captures_of_sets() }} as captures
        on records._capture_id = captures._serving_id
),

judged as (
    select
        typed.*,
        case
            when incident_id is null then 'no number of the report that can be read'
            else {{ incident_date_fault('counted_on', '_retrieved_at') }}
        end as _reject_reason
    from typed
)

select
    judged.*,
    case
        when judged._reject_reason is not null then 'quarantined'
        when repeated._copy > 1 then 'duplicate'
        when repeated._version > 1 then 'superseded'
        else 'staged'
    end as _fate
from judged
left join {{ ref('base_socrata__repeated_incidents') }} as repeated
    on judged._capture_id = repeated._capture_id and judged._record_no = repeated._record_no
