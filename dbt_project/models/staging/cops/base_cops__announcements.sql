{{ config(materialized='table') }}

with state_names as (
    {{ state_names() }}
),

typed as (
    select
        try_cast({{ text_field('fiscal_year') }} as int) as fiscal_year,
        {{ text_field('program') }} as program,
        states.postal as state_code,
        {{ text_field('agency') }} as agency_name,
        try_cast({{ regexp_replace_all(text_field('amount'), '[$, ]', '') }} as decimal(18, 2)) as announced_amount,
        try_cast({{ regexp_replace_all(text_field('officers'), '[, ]', '') }} as int) as officers_announced,
        {{ text_field('ori') }} as ori,
        {{ text_field('award_number') }} as award_number,
        try_cast({{ text_field('page') }} as int) as page_no,
        case
            when {{ text_field('agency') }} is null then 'no agency'
            when states.postal is null then 'state is none of the country'
            when try_cast({{ regexp_replace_all(text_field('amount'), '[$, ]', '') }} as decimal(18, 2)) is null
                then 'amount is not a number'
            when {{ text_field('officers') }} is not null
                and try_cast({{ regexp_replace_all(text_field('officers'), '[, ]', '') }} as int) is null
                then 'officers is not a whole number'
            when try_cast({{ text_field('fiscal_year') }} as int) is null then 'fiscal year is not a year'
        end as _reject_reason,
        announcements._capture_id,
        announcements._payload_id,
        announcements._record_no
    from {{ source('raw', 'cops__announcements') }} as announcements
    left join state_names as states
        on {{ spelled_name(text_field('state')) }} = states.spelling
)
,
{{ with_fate('typed') }}
