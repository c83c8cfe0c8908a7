{{ config(materialized='table') }}

with typed as (
    select
        -- ids
        -- the publisher's keys are in capitals; copies by others may not be
        upper({{ text_field('generated_internal_id') }}) as award_unique_key,
        upper({{ text_field('Award ID') }}) as fain,
        {{ text_field('Recipient UEI') }} as recipient_uei,
        {{ text_field('Recipient DUNS Number') }} as recipient_duns,
        {{ text_field('CFDA Number') }} as assistance_listing,
        -- text
        {{ agency_code(text_field('Awarding Agency Code'), text_field('Awarding Agency')) }} as awarding_agency_code,
        {{ text_field('Awarding Sub Agency') }} as awarding_sub_agency,
        {{ text_field('Recipient Name') }} as recipient_name,
        {{ text_field('Recipient Location__state_code') }} as recipient_state_code,
        {{ text_field('Recipient Location__city_name') }} as recipient_city_name,
        {{ text_field('Recipient Location__county_name') }} as recipient_county_name,
        {{ text_field('Primary Place of Performance__state_code') }} as performance_state_code,
        {{ text_field('Primary Place of Performance__city_name') }} as performance_city_name,
        {{ text_field('Award Type') }} as award_type,
        {{ text_field('Description') }} as description,
        {{ passed_fields('usaspending__awards') }}
        -- numbers
        try_cast({{ text_field('Award Amount') }} as decimal(18, 2)) as obligated_amount,
        try_cast({{ text_field('Total Outlays') }} as decimal(18, 2)) as outlayed_amount_shown,
        -- dates
        try_cast({{ text_field('Start Date') }} as date) as start_on,
        try_cast({{ text_field('End Date') }} as date) as end_on,
        try_cast({{ text_field('Base Obligation Date') }} as date) as base_obligated_on,
        try_cast(substr({{ text_field('Last Modified Date') }}, 1, 10) as date) as last_modified_on,
        -- provenance
        case
            when {{ text_field('Award ID') }} is null then 'no award id (FAIN)'
            when {{ text_field('Recipient Name') }} is null then 'no recipient'
            when try_cast({{ text_field('Award Amount') }} as decimal(18, 2)) is null then 'Award Amount is not a number'
            when {{ text_field('Start Date') }} is not null and try_cast({{ text_field('Start Date') }} as date) is null
                then 'Start Date is not a date'
            when {{ text_field('End Date') }} is not null and try_cast({{ text_field('End Date') }} as date) is null
                then 'End Date is not a date'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'usaspending__awards') }}
)
,
{{ with_fate(
    'typed',
    key=['fain', 'awarding_agency_code'],
    content=[
        'award_unique_key', 'recipient_name', 'obligated_amount', 'outlayed_amount_shown', 'start_on', 'end_on',
        'last_modified_on', 'description'
    ] + passed_names('usaspending__awards'),
    across=true
) }}
