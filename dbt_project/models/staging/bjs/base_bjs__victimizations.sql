{{ config(materialized='table') }}

with typed as (
    select
        try_cast({{ text_field('year') }} as int) as survey_year,
        try_cast({{ text_field('hispanic') }} as int) as hispanic_code,
        try_cast({{ text_field('newoff') }} as int) as offense_code,
        try_cast({{ text_field('direl') }} as int) as relation_code,
        try_cast({{ text_field('notify') }} as int) as notify_code,
        -- a grouped row stands for n victimizations and brings their weight; a row of microdata is one
        coalesce(try_cast({{ text_field('n') }} as bigint), 1) as interviewed,
        coalesce(try_cast({{ text_field('weight') }} as double), try_cast({{ text_field('newwgt') }} as double)) as weight,
        case
            when try_cast({{ text_field('year') }} as int) is null then 'year is not a year'
            when try_cast({{ text_field('newoff') }} as int) is null then 'newoff is not a code'
            when try_cast({{ text_field('notify') }} as int) is null then 'notify is not a code'
            when
                coalesce(try_cast({{ text_field('weight') }} as double), try_cast({{ text_field('newwgt') }} as double))
                is null then 'no weight'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'bjs__victimizations') }}
)
,
{{ with_fate('typed') }}
