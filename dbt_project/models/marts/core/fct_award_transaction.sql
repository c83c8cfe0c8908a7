with present as (
    select
        transactions.*,
        {{ recipient_id() }} as recipient_id
    from {{ ref('int_awards__transactions') }} as transactions
    where transactions.deleted_because is null
)

select
    present.transaction_unique_key as transaction_key,
    {{ surrogate_key(['present.award_id', 'present.awarding_agency_code']) }} as award_key,
    -- a recipient that no award has any more is not among the recipients: the award's stands for it
    coalesce(recipients.recipient_key, awards.recipient_key, {{ unknown_key() }}) as recipient_key,
    coalesce(awards.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    coalesce(awards.program_key, {{ unknown_key() }}) as program_key,
    {{ date_key('present.action_on') }} as action_date_key,
    present.award_id as fain,
    present.awarding_agency_code,
    present.modification_number,
    present.assistance_listing,
    present.assistance_type_code,
    present.action_type_code,
    present.action_type,
    {{ passed_of('usaspending__transactions', 'present') }}
    coalesce(present.record_type_code = '1', false) as is_aggregate,
    present.recipient_name,
    present.action_on,
    cast(present.fiscal_year as int) as fiscal_year,
    present.obligated_amount,
    present.last_modified_on,
    present._capture_id,
    present._payload_id,
    present._record_no,
    present._kind
from present
left join {{ ref('fct_award') }} as awards
    on {{ surrogate_key(['present.award_id', 'present.awarding_agency_code']) }} = awards.award_key
left join {{ ref('dim_recipient') }} as recipients
    on present.recipient_id = recipients.recipient_id
