{#- What becomes of a record depends on the records of its key alone. A build that goes on from the last one (see
    orchestration/release/incremental.py) takes the captures that are new to it and every version of the keys they hold. -#}
{{ config(
    materialized='incremental' if target.type == 'duckdb' else 'table',
    incremental_strategy='delete+insert',
    unique_key='transaction_unique_key',
    on_schema_change='fail',
    post_hook=['{{ say_rows() }}', "{{ note_inputs(model, '') if target.type == 'duckdb' }}"],
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

-- Most keys occur once. Only repeated keys are compared, version by version; the rest is one scan.
with again as (
    select {{ transaction_key() }} as repeated_key
    from {{ source('raw', 'usaspending__transactions') }}
    {{ in_question }}
    group by {{ transaction_key() }}
    having count(*) > 1
),

-- A record of a whole year was true when the year was captured. Any other record, and a deletion, was true on its own date.
-- A record that cannot be read replaces no other, and shows that its publisher still has the key.
repeated as (
    select
        again.repeated_key,
        {{ transaction_fault() }} is null as is_readable,
        records._capture_id,
        records._record_no,
        {{ transaction_modified_on('records') }} as modified_on,
        {{ field('correction_delete_ind') }} is not null and trim({{ field('correction_delete_ind') }}) = 'D' as is_deletion,
        captures.content_as_of,
        captures.retrieved_at,
        captures.landed_at,
        case
            when substr(captures.slice, 1, 2) = 'FY' and {{ transaction_modified_on('records') }} < cast(captures.content_as_of as date)
                then cast(captures.content_as_of as date)
            else coalesce({{ transaction_modified_on('records') }}, cast(captures.content_as_of as date))
        end as evident_on,
        {{ surrogate_key([
            'records.federal_action_obligation', 'records.action_date', 'records.last_modified_date',
            'records.assistance_award_unique_key', 'records.recipient_name', 'records.recipient_uei',
            'records.period_of_performance_current_end_date', 'records.total_obligated_amount',
            'records.total_outlayed_amount_for_overall_award', 'records.transaction_description',
            'records.correction_delete_ind'
        ] + passed_captured('usaspending__transactions', 'records')) }} as content_id
    from {{ source('raw', 'usaspending__transactions') }} as records
    inner join again
        on {{ transaction_key() }} = again.repeated_key
    inner join {{ source('raw', 'capture') }} as captures
        on records._capture_id = captures.capture_id
),

last_seen as (
    select
        repeated.*,
        first_value(is_deletion) over (
            partition by repeated_key
            order by
                case when is_readable then 0 else 1 end,
                evident_on desc, content_as_of desc, case when is_deletion then 1 else 0 end
            rows between unbounded preceding and unbounded following
        ) as ends_deleted,
        min(case when not is_deletion then content_as_of end) over (partition by repeated_key) as seen_from,
        max(case when not is_deletion then content_as_of end) over (partition by repeated_key) as seen_until
    from repeated
),

-- The later last_modified_date wins, not the later row or file, because a Delta file puts its deletions at the end.
compared as (
    select
        _capture_id,
        _record_no,
        seen_from,
        seen_until,
        row_number() over (
            partition by repeated_key, content_id
            order by content_as_of desc, retrieved_at desc, landed_at desc, _capture_id desc, _record_no desc
        ) as _copy,
        row_number() over (
            partition by repeated_key
            order by
                case when is_deletion = ends_deleted then 0 else 1 end,
                modified_on desc, content_as_of desc, retrieved_at desc, landed_at desc, _capture_id desc, _record_no desc
        ) as _version
    from last_seen
    where is_readable
),

typed as (
    select
        {{ transaction_key() }} as transaction_unique_key,
        upper({{ text_field('assistance_award_unique_key') }}) as award_unique_key,
        upper({{ text_field('award_id_fain') }}) as fain,
        upper({{ text_field('award_id_uri') }}) as uri,
        upper({{ text_field('modification_number') }}) as modification_number,
        {{ text_field('cfda_number') }} as assistance_listing,
        {{ text_field('recipient_uei') }} as recipient_uei,
        {{ text_field('recipient_duns') }} as recipient_duns,
        {{ agency_code(text_field('awarding_agency_code'), text_field('awarding_agency_name')) }} as awarding_agency_code,
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
        {{ passed_fields('usaspending__transactions') }}
        try_cast({{ field('federal_action_obligation') }} as decimal(18, 2)) as obligated_amount,
        try_cast({{ field('total_obligated_amount') }} as decimal(18, 2)) as award_obligated_amount,
        try_cast({{ field('total_outlayed_amount_for_overall_award') }} as decimal(18, 2)) as award_outlayed_amount,
        try_cast({{ field('action_date') }} as date) as action_on,
        try_cast({{ field('action_date_fiscal_year') }} as int) as fiscal_year,
        try_cast({{ field('period_of_performance_start_date') }} as date) as start_on,
        try_cast({{ field('period_of_performance_current_end_date') }} as date) as end_on,
        {{ transaction_modified_on() }} as last_modified_on,
        coalesce({{ text_field('correction_delete_ind') }}, '') = 'D' as is_deletion_record,
        {{ transaction_fault() }} as _reject_reason,
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
    coalesce(compared.seen_from, captures.content_as_of) as _seen_from,
    coalesce(compared.seen_until, captures.content_as_of) as _seen_until,
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
