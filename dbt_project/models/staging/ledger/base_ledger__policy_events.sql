{{ config(materialized='table') }}

with worded as (
    select
        {{ text_field('jurisdiction') }} as jurisdiction_name,
        {{ text_field('level') }} as level,
        {{ text_field('geoid') }} as geoid_text,
        {{ text_field('instrument') }} as instrument,
        {{ text_field('number') }} as instrument_number,
        {{ text_field('event') }} as event,
        {{ text_field('event_date') }} as event_date_text,
        {{ text_field('date_precision') }} as date_precision,
        {{ text_field('source') }} as source_citation,
        {{ text_field('source_status') }} as source_status,
        {{ text_field('note') }} as note,
        {{ text_field('known_until') }} as known_until_text,
        try_cast({{ text_field('known_until') }} as date) as known_until,
        {{ text_field('learned_on') }} as learned_on_text,
        try_cast({{ text_field('learned_on') }} as date) as learned_on,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'ledger__policy_events') }}
),

dated as (
    select
        worded.*,
        case date_precision
            when 'day' then try_cast(event_date_text as date)
            when 'month' then try_cast(concat(event_date_text, '-01') as date)
            when 'year' then try_cast(concat(event_date_text, '-01-01') as date)
        end as event_from
    from worded
),

bounded as (
    select
        dated.*,
        case date_precision
            when 'day' then event_from
            when 'month' then cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'event_from')) }} as date)
            when 'year' then cast({{ dbt.dateadd('day', -1, dbt.dateadd('year', 1, 'event_from')) }} as date)
        end as period_to
    from dated
),

typed as (
    select
        jurisdiction_name,
        level,
        geoid_text,
        nullif(split_part(geoid_text, '/', 1), '') as geoid,
        instrument,
        instrument_number,
        event,
        date_precision,
        event_from,
        -- what a source of one date tells had happened by that date
        case when known_until < period_to then known_until else period_to end as event_to,
        known_until,
        source_citation,
        source_status,
        note,
        learned_on,
        case
            when jurisdiction_name is null then 'no jurisdiction'
            when geoid_text is null then 'no geoid: a name alone may be another unit''s'
            when not {{ regexp_matches('geoid_text', '^([0-9]{2}|[0-9]{5}|[0-9]{7}|[0-9]{10}|' ~ nation_geoid() | replace("'", '') ~ ')(/[0-9]{5})*$') }}
                then 'geoid is no code of the Census'
            when event is null then 'no event'
            when date_precision not in ('day', 'month', 'year', 'unknown') then 'date_precision is not known'
            when date_precision <> 'unknown' and event_from is null then 'event_date is no date of its precision'
            when date_precision <> 'unknown' and {{ is_mistyped_year('event_date_text') }}
                then 'event_date is outside 1700 to 2100'
            when known_until_text is not null and known_until is null then 'known_until is no date'
            when known_until < event_from then 'known_until is before the event'
            when {{ is_mistyped_year('learned_on_text') }} then 'learned_on is outside 1700 to 2100'
            when source_status not in ('sourced', 'partial', 'unsourced') then 'source_status is not known'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from bounded
)
,
{{ with_fate(
    'typed',
    key=['geoid', 'instrument', 'instrument_number', 'event', 'event_from'],
    content=[
        'geoid', 'instrument', 'instrument_number', 'event', 'event_from', 'date_precision', 'source_citation',
        'source_status', 'note', 'known_until'
    ]
) }}
