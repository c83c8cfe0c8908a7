{{ config(materialized='table') }}

with typed as (
    select
        {{ text_field('County') }} as county_name,
        {{ text_field('State') }} as state_code,
        {{ text_field('Jurisdiction') }} as jail_name,
        case when length({{ text_field('GEOID - FIPS') }}) < 3 then right(concat('0', {{ text_field('GEOID - FIPS') }}), 2) else right(concat('0', {{ text_field('GEOID - FIPS') }}), 5) end as geoid,
        {{ text_field('Title of Policy') }} as policy_title,
        coalesce({{ text_field('No 287(g)') }} like '1%', false) as no_287g,
        coalesce({{ text_field('No ICE Detention Contract') }} like '1%', false) as no_detention_contract,
        coalesce({{ text_field('No ICE holds') }} like '1%', false) as detainer_limits,
        coalesce({{ text_field('No ICE alerts') }} like '1%', false) as notification_limits,
        coalesce({{ text_field('Limits on ICE interrogations in jail') }} like '1%', false) as jail_interviews,
        coalesce({{ text_field('Prohibition on asking about immigration status') }} like '1%', false) as no_status_inquiry,
        coalesce({{ text_field('General prohibition on assistance to ICE') }} like '1%', false) as general,
        case
            when {{ text_field('County') }} is null then 'no county'
            when {{ text_field('State') }} is null then 'no state'
            when {{ text_field('GEOID - FIPS') }} is null then 'no code'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'ilrc__county_map') }}
)
,
{{ with_fate('typed', key=['geoid'], content=['geoid', 'jail_name', 'no_287g', 'no_detention_contract', 'detainer_limits', 'notification_limits', 'jail_interviews', 'no_status_inquiry', 'general']) }}
