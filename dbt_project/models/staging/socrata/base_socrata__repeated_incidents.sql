{{ config(materialized='table') }}

-- Nearly every number of a report occurs once. Only repeated numbers are compared, version by version; the rest is one
-- scan of the columns that hold numbers.
with again as (
    select {{ quick_hash(incident_id_columns()) }} as id_hash
    from {{ source('raw', 'socrata__incidents') }}
    group by {{ quick_hash(incident_id_columns()) }}
    having count(*) > 1
),

compared as (
    select
        captures._set_id as set_id,
        {{ incident_id() }} as incident_id,
        {{ surrogate_key([
            incident_role('report_date'), incident_role('occurrence_date'), incident_code(), incident_victim_group(),
            incident_role('domestic'), incident_role('supplement'), incident_role('version_status'),
            incident_role('version_words'), incident_role('version_place'), incident_role('version_area'),
            incident_role('version_number')
        ]) }} as content,
        {{ incident_date_fault(incident_counted_on(), 'captures._retrieved_at') }} is null as is_good,
        captures._retrieved_at,
        records._capture_id,
        records._record_no
    from {{ source('raw', 'socrata__incidents') }} as records
    inner join again
        on {{ quick_hash(incident_id_columns()) }} = again.id_hash
    inner join {{ captures_of_sets() }} as captures
        on records._capture_id = captures._serving_id
),

-- a row that cannot be counted sorts last, so that it never replaces one that can
ranked as (
    select
        compared.*,
        row_number() over (
            partition by set_id, incident_id, content
            order by case when is_good then 0 else 1 end, _retrieved_at desc, _capture_id desc, _record_no desc
        ) as _copy,
        row_number() over (
            partition by set_id, incident_id
            order by case when is_good then 0 else 1 end, _retrieved_at desc, _capture_id desc, _record_no desc
        ) as _version
    from compared
    where incident_id is not null
)

select
    set_id,
    incident_id,
    _copy,
    _version,
    _capture_id,
    _record_no
from ranked
where _version > 1 and is_good
