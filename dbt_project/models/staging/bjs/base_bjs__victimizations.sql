{{ config(materialized='table') }}

with fields as (
    select
        try_cast({{ text_field('year') }} as int) as survey_year,
        {{ text_field('hispanic') }} as hispanic,
        {{ text_field('newoff') }} as newoff,
        {{ text_field('direl') }} as direl,
        {{ text_field('notify') }} as notify,
        -- grouped rows have n or weight; a row of microdata is one victimization with its own newwgt
        {{ text_field('n') }} is not null or {{ text_field('weight') }} is not null as is_grouped,
        try_cast({{ text_field('n') }} as bigint) as grouped_n,
        try_cast({{ text_field('weight') }} as double) as grouped_weight,
        try_cast({{ text_field('newwgt') }} as double) as own_weight,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'bjs__victimizations') }}
),

measured as (
    select
        fields.*,
        case when is_grouped then grouped_n else 1 end as interviewed,
        case when is_grouped then grouped_weight else own_weight end as weight
    from fields
),

typed as (
    select
        survey_year,
        try_cast(hispanic as int) as hispanic_code,
        try_cast(newoff as int) as offense_code,
        try_cast(direl as int) as relation_code,
        try_cast(notify as int) as notify_code,
        interviewed,
        weight,
        case
            when survey_year is null or survey_year not between 1973 and 2100 then 'year is not a year of the survey'
            when try_cast(newoff as int) is null then 'newoff is not a code'
            when try_cast(notify as int) is null then 'notify is not a code'
            when hispanic is not null and try_cast(hispanic as int) is null then 'hispanic is not a code'
            when direl is not null and try_cast(direl as int) is null then 'direl is not a code'
            when interviewed is null or interviewed < 1 then 'n is not a count of victimizations'
            when weight is null or weight < 0 then 'no weight'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from measured
)
,
{{ with_fate('typed') }}
