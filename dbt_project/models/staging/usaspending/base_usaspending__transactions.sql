{#- What becomes of a record depends on the records of its key alone. A build that goes on from the last one (see
    orchestration/release/going_on.py) takes the captures that are new to it and every version of the keys they hold. -#}
{{ config(
    materialized='incremental' if target.type == 'duckdb' else 'table',
    incremental_strategy='delete+insert',
    unique_key='transaction_unique_key',
    on_schema_change='fail',
) }}
{%- set in_question %}
    {%- if is_incremental() %}
    where
        _capture_id in ({{ captures_new_to(this, 'usaspending__transactions') }})
        or {{ transaction_key() }} in (
            select {{ transaction_key() }}
            from {{ source('raw', 'usaspending__transactions') }}
            where _capture_id in ({{ captures_new_to(this, 'usaspending__transactions') }})
        )
    {%- endif %}
{%- endset %}

-- Most keys come once. Only those that come again are compared, version by version: the rest is one scan.
with again as (
    select {{ transaction_key() }} as repeated_key
    from {{ source('raw', 'usaspending__transactions') }}
    {{ in_question }}
    group by {{ transaction_key() }}
    having count(*) > 1
),

compared as (
    select
        records._capture_id,
        records._record_no,
        row_number() over (
            partition by
                again.repeated_key,
                {{ surrogate_key([
                    'records.federal_action_obligation', 'records.action_date', 'records.last_modified_date',
                    'records.assistance_award_unique_key', 'records.recipient_name', 'records.recipient_uei',
                    'records.period_of_performance_current_end_date', 'records.total_obligated_amount',
                    'records.total_outlayed_amount_for_overall_award', 'records.transaction_description',
                    'records.correction_delete_ind'
                ]) }}
            order by captures.content_as_of desc, captures.retrieved_at desc, captures.capture_id desc, records._record_no desc
        ) as _copy,
        row_number() over (
            partition by again.repeated_key
            order by captures.content_as_of desc, captures.retrieved_at desc, captures.capture_id desc, records._record_no desc
        ) as _version
    from {{ source('raw', 'usaspending__transactions') }} as records
    inner join again
        on {{ transaction_key() }} = again.repeated_key
    inner join {{ source('raw', 'capture') }} as captures
        on records._capture_id = captures.capture_id
),

typed as (
    select
        {{ transaction_key() }} as transaction_unique_key,
        {{ text_field('assistance_award_unique_key') }} as award_unique_key,
        {{ text_field('award_id_fain') }} as fain,
        {{ text_field('award_id_uri') }} as uri,
        {{ text_field('modification_number') }} as modification_number,
        {{ text_field('cfda_number') }} as assistance_listing,
        {{ text_field('recipient_uei') }} as recipient_uei,
        {{ text_field('recipient_duns') }} as recipient_duns,
        coalesce({{ text_field('awarding_agency_name') }}, 'unknown') as awarding_agency,
        {{ text_field('awarding_sub_agency_code') }} as awarding_sub_agency_code,
        {{ text_field('awarding_sub_agency_name') }} as awarding_sub_agency,
        {{ text_field('recipient_name') }} as recipient_name,
        {{ text_field('recipient_state_code') }} as recipient_state_code,
        {{ text_field('recipient_city_name') }} as recipient_city_name,
        {{ text_field('recipient_county_name') }} as recipient_county_name,
        {{ text_field('primary_place_of_performance_state_name') }} as performance_state_name,
        {{ text_field('primary_place_of_performance_city_name') }} as performance_city_name,
        {{ text_field('primary_place_of_performance_county_name') }} as performance_county_name,
        {{ text_field('business_types_description') }} as business_types,
        {{ text_field('assistance_type_code') }} as assistance_type_code,
        {{ text_field('action_type_code') }} as action_type_code,
        {{ text_field('action_type_description') }} as action_type,
        {{ text_field('record_type_code') }} as record_type_code,
        coalesce({{ text_field('prime_award_base_transaction_description') }}, {{ text_field('transaction_description') }})
            as description,
        try_cast({{ field('federal_action_obligation') }} as decimal(18, 2)) as obligated_amount,
        try_cast({{ field('total_obligated_amount') }} as decimal(18, 2)) as award_obligated_amount,
        try_cast({{ field('total_outlayed_amount_for_overall_award') }} as decimal(18, 2)) as award_outlayed_amount,
        try_cast({{ field('action_date') }} as date) as action_on,
        try_cast({{ field('action_date_fiscal_year') }} as int) as fiscal_year,
        try_cast({{ field('period_of_performance_start_date') }} as date) as start_on,
        try_cast({{ field('period_of_performance_current_end_date') }} as date) as end_on,
        try_cast(substr({{ field('last_modified_date') }}, 1, 10) as date) as last_modified_on,
        coalesce({{ text_field('correction_delete_ind') }}, '') = 'D' as is_deletion_record,
        case
            when {{ transaction_key() }} is null then 'no transaction key'
            -- a record that says "deleted" fills only the parts of its key
            when {{ text_field('correction_delete_ind') }} = 'D' then null
            when {{ text_field('award_id_fain') }} is null and {{ text_field('award_id_uri') }} is null
                then 'neither FAIN nor URI'
            when try_cast({{ field('federal_action_obligation') }} as decimal(18, 2)) is null
                and {{ text_field('federal_action_obligation') }} is not null
                then 'federal_action_obligation is not a number'
            when try_cast({{ field('action_date') }} as date) is null then 'action_date is not a date'
            when try_cast({{ field('action_date_fiscal_year') }} as int) is null
                then 'action_date_fiscal_year is not a year'
            when try_cast(substr({{ field('last_modified_date') }}, 1, 10) as date) is null
                then 'last_modified_date is not a date (a record cut short has none)'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'usaspending__transactions') }}
    {{ in_question }}
)

select
    typed.*,
    captures.kind as _kind,
    captures.retrieved_at as _retrieved_at,
    captures.content_as_of as _content_as_of,
    captures.slice as _slice,
    case
        when typed._reject_reason is not null then 'quarantined'
        when compared._version > 1 and compared._copy > 1 then 'duplicate'
        when compared._version > 1 then 'superseded'
        else 'staged'
    end as _fate
from typed
inner join {{ source('raw', 'capture') }} as captures
    on typed._capture_id = captures.capture_id
left join compared
    on typed._capture_id = compared._capture_id and typed._record_no = compared._record_no
