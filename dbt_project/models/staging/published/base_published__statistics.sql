{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('publisher') }} as publisher,
        {{ text_field('table') }} as published_table,
        {{ text_field('entity') }} as entity,
        {{ text_field('period_as_printed') }} as period_as_printed,
        try_cast({{ text_field('period_from') }} as date) as period_from,
        try_cast({{ text_field('period_to') }} as date) as period_to,
        {{ text_field('period_precision') }} as period_precision,
        {{ text_field('subject') }} as subject,
        {{ text_field('programme') }} as programme,
        {{ text_field('measure') }} as measure,
        {{ text_field('victim_group') }} as victim_group,
        {{ text_field('offense_group') }} as offense_group,
        try_cast({{ text_field('value') }} as double) as figure,
        {{ text_field('unit') }} as unit,
        {{ text_field('as_printed') }} as as_printed,
        {{ text_field('compared_with') }} as compared_with,
        {{ text_field('comparison_given') }} as comparison_given,
        {{ text_field('how_read') }} as how_read,
        {{ text_field('source') }} as source_citation,
        case
            when try_cast({{ text_field('value') }} as double) is null then 'value is not a number'
            when {{ text_field('unit') }} is null then 'no unit'
            when {{ text_field('source') }} is null then 'no source'
            when {{ text_field('subject') }} is null or {{ text_field('subject') }} not in ('awards', 'crime_reporting', 'school_discipline')
                then 'subject is not known'
            when {{ text_field('period_to') }} is not null and try_cast({{ text_field('period_to') }} as date) is null
                then 'period_to is not a date'
            when try_cast({{ text_field('period_to') }} as date) < try_cast({{ text_field('period_from') }} as date)
                then 'period ends before it begins'
            when {{ text_field('period_from') }} is not null and try_cast({{ text_field('period_from') }} as date) is null
                then 'period_from is not a date'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'published__statistics') }}
)
,
{{ with_fate(
    'typed',
    key=[
        'publisher', 'entity', 'period_as_printed', 'programme', 'measure', 'victim_group', 'offense_group', 'unit',
        'source_citation'
    ],
    content=['figure']
) }}
