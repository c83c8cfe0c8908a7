with awards as (
    select
        awards.*,
        programs.program_area,
        programs.program_rule,
        {{ recipient_id() }} as recipient_id
    from {{ ref('int_awards__awards') }} as awards
    inner join {{ ref('int_awards__programs') }} as programs
        on awards.fain = programs.fain and awards.awarding_agency = programs.awarding_agency
)

select
    {{ surrogate_key(['awards.fain', 'awards.awarding_agency']) }} as award_key,
    awards.fain,
    awards.award_unique_key,
    {{ surrogate_key(['awards.recipient_id']) }} as recipient_key,
    coalesce(recipients.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    {{ program_key('awards.assistance_listing', 'awards.program_area') }} as program_key,
    {{ date_key('awards.start_on') }} as start_date_key,
    {{ date_key('awards.end_on') }} as end_date_key,
    awards.awarding_agency,
    awards.program_area,
    awards.program_rule,
    cast(awards.fain_year as int) as award_fiscal_year,
    awards.is_aggregate,
    awards.description,
    awards.performance_city_name,
    awards.performance_state_code,
    awards.signed_on,
    awards.last_action_on,
    awards.start_on,
    awards.end_on,
    awards.end_on >= build.as_of as is_open,
    cast(awards.transactions as bigint) as transactions,
    cast(awards.obligated_amount as decimal(18, 2)) as obligated_amount,
    awards.obligated_from,
    cast(awards.own_amount as decimal(18, 2)) as own_amount,
    cast(awards.outlayed_amount as decimal(18, 2)) as outlayed_amount,
    cast(awards.obligated_amount - awards.outlayed_amount as decimal(18, 2)) as undisbursed_amount,
    case when awards.outlayed_amount is not null then 'reported' else 'unknown' end as outlay_coverage,
    awards.outlayed_from,
    case when awards.outlayed_amount is not null then awards.outlay_as_of end as outlay_as_of,
    case
        when awards.outlayed_amount is not null
            then cast({{ dbt.datediff('awards.outlay_as_of', 'build.as_of', 'day') }} as int)
    end as outlay_age_days,
    cast(announced.officers_announced as bigint) as officers_funded_reported,
    cast(announced.announced_amount as decimal(18, 2)) as announced_amount,
    -- the programme's cap of federal money a position: 125,000 USD (COPS Hiring Program, FY2016-17)
    case
        when awards.program_area = 'hiring' and awards.obligated_amount > 0
            then cast(ceil(awards.obligated_amount / 125000) as bigint)
    end as officers_funded_minimum,
    case
        when announced.officers_announced is not null then 'announcement of the COPS Office'
        when awards.program_area = 'hiring' and awards.obligated_amount > 0 then 'minimum from the cap'
    end as officers_funded_source,
    captures.note as selection_note,
    awards._capture_id,
    awards._payload_id,
    awards._record_no,
    awards._kind
from awards
cross join {{ source('raw', 'build') }} as build
left join {{ ref('int_identity__recipients') }} as recipients
    on awards.recipient_id = recipients.recipient_id
left join {{ ref('int_awards__announced') }} as announced
    on awards.fain = announced.fain and awards.awarding_agency = announced.awarding_agency
left join {{ source('raw', 'capture') }} as captures
    on awards._capture_id = captures.capture_id
