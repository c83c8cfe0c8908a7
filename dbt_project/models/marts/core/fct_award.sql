with awards as (
    select
        awards.*,
        programs.program_area,
        programs.program_rule,
        {{ recipient_id() }} as recipient_id
    from {{ ref('int_awards__awards') }} as awards
    inner join {{ ref('int_awards__programs') }} as programs
        on awards.fain = programs.fain and awards.awarding_agency_code = programs.awarding_agency_code
)

select
    {{ surrogate_key(['awards.fain', 'awards.awarding_agency_code']) }} as award_key,
    awards.fain,
    awards.award_unique_key,
    {{ surrogate_key(['awards.recipient_id']) }} as recipient_key,
    coalesce(recipients.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    {{ program_key('awards.assistance_listing', 'awards.program_area') }} as program_key,
    {{ date_key('awards.start_on') }} as start_date_key,
    {{ date_key('awards.end_on') }} as end_date_key,
    awards.awarding_agency_code,
    awards.program_area,
    awards.program_rule,
    cast(awards.fain_year as int) as fiscal_year,
    awards.is_aggregate,
    awards.description,
    {{ passed_of('usaspending__awards', 'awards') }}
    awards.performance_city_name,
    awards.performance_state_code,
    awards.signed_on,
    awards.last_action_on,
    awards.start_on,
    awards.end_on,
    cast(awards.transactions as bigint) as transactions,
    cast(awards.obligated_amount as decimal(18, 2)) as obligated_amount,
    awards.obligated_from,
    cast(awards.own_amount as decimal(18, 2)) as own_amount,
    cast(awards.outlayed_amount as decimal(18, 2)) as outlayed_amount,
    cast(awards.own_amount_at_outlay as decimal(18, 2)) as own_amount_at_outlay,
    -- both of the whole award and of one answer: what our listings obligated of it is not all that the outlay was paid from
    case
        when not awards.is_aggregate then cast(awards.own_amount_at_outlay - awards.outlayed_amount as decimal(18, 2))
    end as undisbursed_amount,
    case when awards.outlayed_amount is not null then 'reported' else 'unknown' end as outlay_coverage,
    awards.outlayed_from,
    case when awards.outlayed_amount is not null then awards.outlay_as_of end as outlay_as_of,
    cast(announced.officers_announced as bigint) as officers_funded_reported,
    cast(announced.announced_amount as decimal(18, 2)) as announced_amount,
    case
        when announced.officers_announced is null then null
        when announced.document = 'award list' then 'announcement of the COPS Office'
        else concat('announcement printed by ', announced.announced_by)
    end as officers_funded_source,
    awards._capture_id,
    awards._payload_id,
    awards._record_no,
    awards._kind
from awards
left join {{ ref('int_identity__recipients') }} as recipients
    on awards.recipient_id = recipients.recipient_id
left join {{ ref('int_awards__announced') }} as announced
    on awards.fain = announced.fain and awards.awarding_agency_code = announced.awarding_agency_code
