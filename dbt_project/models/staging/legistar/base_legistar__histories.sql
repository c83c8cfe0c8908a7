{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('client') }} as client,
        {{ text_field('matter_id') }} as matter_id,
        {{ text_field('MatterHistoryId') }} as action_id,
        {{ council_date(text_field('MatterHistoryActionDate')) }} as action_on,
        {{ text_field('MatterHistoryActionName') }} as action_name,
        {{ text_field('MatterHistoryActionText') }} as action_text,
        {{ text_field('MatterHistoryActionBodyName') }} as body_name,
        {{ text_field('MatterHistoryPassedFlagName') }} as vote_name,
        {{ text_field('MatterHistoryVersion') }} as version_name,
        try_cast({{ text_field('MatterHistoryMinutesSequence') }} as int) as minutes_no,
        try_cast(substr({{ text_field('MatterHistoryLastModifiedUtc') }}, 1, 19) as timestamp) as last_modified_at,
        case
            when {{ text_field('client') }} is null then 'no client'
            when {{ text_field('matter_id') }} is null then 'no matter id'
            when {{ text_field('MatterHistoryId') }} is null then 'no action id'
            when {{ council_date_is_broken(text_field('MatterHistoryActionDate')) }} then 'the action date is no date'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'legistar__histories') }}
)
,
{{ with_fate(
    'typed',
    key=['client', 'matter_id', 'action_id'],
    content=[
        'action_on', 'action_name', 'action_text', 'body_name', 'vote_name', 'version_name', 'minutes_no',
        'last_modified_at',
    ],
    across=true
) }}
