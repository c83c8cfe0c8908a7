{{ config(materialized='table') }}

with state_names as (
    select {{ spelled_name('name') }} as spelling, upper(name) as state_name from {{ ref('states') }}
    union all
    select spellings.spelling, upper(states.name) as state_name
    from {{ ref('state_spellings') }} as spellings
    inner join {{ ref('states') }} as states on spellings.postal = states.postal
),

typed as (
    select
        states.state_name,
        -- a name of 2025-08 ends with a comma
        {{ regexp_replace_all(one_spelling(text_field('LAW ENFORCEMENT AGENCY')), ' *,+$', '') }} as agency_name,
        {{ one_spelling(text_field('TYPE')) }} as agency_type,
        -- What ICE writes if there is no county.
        {{ one_spelling("nullif(nullif(" ~ text_field('COUNTY') ~ ", '#NA'), 'N/A')") }} as county_name,
        -- a row of 2026-01 lacks the last letter
        {{ regexp_replace_all(one_spelling(text_field('SUPPORT TYPE')), 'Office$', 'Officer') }} as support_type,
        {{ printed_day(text_field('SIGNED')) }} as signed_on,
        case when {{ printed_day(text_field('SIGNED')) }} is null then {{ text_field('SIGNED') }} end as signed_unread,
        {{ text_field('ADDENDUM') }} as addendum,
        case
            when {{ text_field('STATE') }} is null then 'no state'
            when states.state_name is null then 'STATE is no state or territory that is known'
            when {{ text_field('LAW ENFORCEMENT AGENCY') }} is null then 'no agency'
            when {{ text_field('SUPPORT TYPE') }} is null then 'no support type'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'ice__agreements_287g') }} as captured
    left join state_names as states
        on {{ spelled_name(text_field('STATE')) }} = states.spelling
)
,
{{ with_fate(
    'typed',
    key=['state_name', 'agency_name', 'support_type', 'signed_on', 'signed_unread'],
    content=['state_name', 'agency_name', 'support_type', 'signed_on', 'signed_unread', 'county_name', 'agency_type']
) }}
