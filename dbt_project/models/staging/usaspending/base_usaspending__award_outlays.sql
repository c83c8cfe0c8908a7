{{ config(materialized='table') }}

with typed as (
    select
        upper({{ text_field('asked_for') }}) as award_unique_key,
        upper({{ text_field('fain') }}) as fain,
        {{ agency_code(text_field('awarding_agency__code'), text_field('awarding_agency__name')) }} as awarding_agency_code,
        try_cast({{ text_field('total_obligation') }} as decimal(18, 2)) as obligated_amount,
        try_cast({{ text_field('total_outlay') }} as decimal(18, 2)) as outlayed_amount,
        try_cast({{ text_field('period_of_performance__end_date') }} as date) as end_on,
        {{ text_field('detail') }} is not null as is_not_found,
        case
            when {{ text_field('asked_for') }} is null then 'no award'
            when {{ text_field('total_obligation') }} is not null
                and try_cast({{ text_field('total_obligation') }} as decimal(18, 2)) is null
                then 'total_obligation is not a number'
            when {{ text_field('total_outlay') }} is not null
                and try_cast({{ text_field('total_outlay') }} as decimal(18, 2)) is null
                then 'total_outlay is not a number'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'usaspending__award_outlays') }}
)
,
{{ with_fate(
    'typed',
    key=['award_unique_key'],
    content=['obligated_amount', 'outlayed_amount', 'end_on', 'is_not_found', '_capture_id'],
    across=true
) }}
