{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('client') }} as client,
        {{ text_field('matterId') }} as matter_id,
        {{ text_field('recordNumber') }} as record_number,
        {{ text_field('legacyRecordNumber') }} as legacy_record_number,
        {{ text_field('title') }} as title,
        {{ text_field('type') }} as type_name,
        {{ text_field('matterCategory') }} as category_name,
        {{ text_field('status') }} as status_name,
        {{ text_field('subStatus') }} as sub_status_name,
        {{ text_field('controllingBody') }} as body_name,
        {{ council_date(text_field('introductionDate')) }} as introduced_on,
        {{ council_date(text_field('finalActionDate')) }} as final_on,
        try_cast(substr({{ text_field('lastPublicationDate') }}, 1, 19) as timestamp) as last_modified_at,
        case
            when {{ text_field('matterId') }} is null then 'no matter id'
            when {{ council_date_is_broken(text_field('introductionDate')) }} then 'introductionDate is no date'
            when {{ council_date_is_broken(text_field('finalActionDate')) }} then 'finalActionDate is no date'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'elms__matters') }}
)
,
{{ with_fate(
    'typed',
    key=['client', 'matter_id'],
    content=[
        'record_number', 'legacy_record_number', 'title', 'type_name', 'category_name', 'status_name',
        'sub_status_name', 'body_name', 'introduced_on', 'final_on', 'last_modified_at',
    ],
    across=true
) }}
