{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('report') }} as report,
        {{ text_field('jurisdiction_as_printed') }} as printed_words,
        {{ text_field('area_of_responsibility') }} as area_of_responsibility,
        {{ text_field('date_enacted') }} as enacted_month,
        {{ text_field('policy') }} as policy,
        {{ text_field('criteria') }} as condition,
        case
            when {{ text_field('jurisdiction_as_printed') }} is null then 'no name'
            when {{ text_field('jurisdiction_as_printed') }} not like '%, %' then 'no state behind the name'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'ice__declined_detainers') }}
)
,
{{ with_fate('typed', key=['report', 'printed_words', 'policy'], content=['report', 'printed_words', 'policy', 'area_of_responsibility', 'enacted_month', 'condition']) }}
