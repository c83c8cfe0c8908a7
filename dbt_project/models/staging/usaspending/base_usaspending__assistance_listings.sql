{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('id') }} as assistance_listing,
        coalesce({{ text_field('type_group') }}, 'all') as type_group,
        {{ text_field('name') }} as listing_name,
        {{ text_field('popular_name') }} as popular_name,
        {{ text_field('sub_agency_name') }} as sub_agency_name,
        {{ passed_fields('usaspending__assistance_listings') }}
        try_cast({{ text_field('fiscal_year') }} as int) as fiscal_year,
        try_cast({{ text_field('obligation') }} as decimal(18, 2)) as obligated_amount,
        try_cast({{ text_field('outlay') }} as decimal(18, 2)) as outlayed_amount,
        try_cast({{ text_field('sam_actual') }} as decimal(18, 2)) as sam_actual_amount,
        case
            when {{ text_field('id') }} is null then 'no listing number'
            when try_cast({{ text_field('fiscal_year') }} as int) is null then 'fiscal_year is not a year'
            when try_cast({{ text_field('obligation') }} as decimal(18, 2)) is null then 'obligation is not a number'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'usaspending__assistance_listings') }}
)
,
{{ with_fate(
    'typed',
    key=['assistance_listing', 'fiscal_year', 'type_group'],
    content=['obligated_amount', 'outlayed_amount'] + passed_names('usaspending__assistance_listings'),
    across=true
) }}
