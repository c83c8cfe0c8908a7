{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('account_code') }} as account_code,
        {{ text_field('account_name') }} as account_name,
        coalesce({{ text_field('grant_split') }}, 'all') as grant_split,
        {{ text_field('measure') }} as measure,
        try_cast({{ text_field('fiscal_year') }} as int) as fiscal_year,
        try_cast({{ text_field('budget_year') }} as int) as budget_year,
        cast(1000 * try_cast({{ regexp_replace_all(text_field('thousands'), '[, ]', '') }} as decimal(18, 0)) as decimal(18, 2))
            as amount,
        case
            when {{ text_field('account_code') }} is null then 'no account'
            when {{ text_field('measure') }} is null
                or {{ text_field('measure') }} not in ('budget_authority', 'outlays') then 'measure is not known'
            when try_cast({{ text_field('fiscal_year') }} as int) is null then 'fiscal_year is not a year'
            when try_cast({{ text_field('budget_year') }} as int) is null then 'budget_year is not a year'
            when try_cast({{ regexp_replace_all(text_field('thousands'), '[, ]', '') }} as decimal(18, 0)) is null
                then 'thousands is not a number'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'omb__budget') }}
)
,
{{ with_fate(
    'typed',
    key=['account_code', 'grant_split', 'measure', 'fiscal_year', 'budget_year'],
    content=['amount']
) }}
