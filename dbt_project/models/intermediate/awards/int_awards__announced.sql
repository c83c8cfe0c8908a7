-- Each announced award once, as its best witness has it: exact figures before rounded ones, then the awarding office,
-- then the earliest. And which award it became: the same unit, programme area and fiscal year, one announced award and
-- one award. Where a unit has two of either, nobody can tell which is which, and none is joined.
with statements as (
    select
        same.announced_award_key,
        same.witness_no,
        statements.*
    from {{ ref('int_awards__same_awards') }} as same
    inner join {{ ref('int_awards__statements') }} as statements
        on same.statement_key = statements.statement_key
),

witnesses as (
    select
        announced_award_key,
        count(*) as witnesses,
        min(announced_amount) as least_amount,
        max(announced_amount) as most_amount,
        min(case when officers_announced is not null then witness_no end) as officers_by
    from statements
    group by announced_award_key
),

best as (
    select
        statements.*,
        witnesses.witnesses,
        witnesses.least_amount,
        witnesses.most_amount,
        officers.officers_announced as officers,
        count(*) over (
            partition by statements.jurisdiction_key, statements.program_area, statements.fiscal_year
        ) as lines_alike
    from statements
    inner join witnesses
        on statements.announced_award_key = witnesses.announced_award_key
    left join statements as officers
        on
            witnesses.announced_award_key = officers.announced_award_key
            and witnesses.officers_by = officers.witness_no
    where statements.witness_no = 1
),

named as (
    select
        fain,
        awarding_agency_code,
        fain_year,
        {{ recipient_id() }} as recipient_id
    from {{ ref('int_awards__awards') }}
),

awards as (
    select
        awards.fain,
        awards.awarding_agency_code,
        awards.fain_year,
        programs.program_area,
        recipients.jurisdiction_key,
        count(*) over (
            partition by recipients.jurisdiction_key, programs.program_area, awards.fain_year
        ) as awards_alike
    from named as awards
    inner join {{ ref('int_awards__programs') }} as programs
        on awards.fain = programs.fain and awards.awarding_agency_code = programs.awarding_agency_code
    inner join {{ ref('int_identity__recipients') }} as recipients
        on awards.recipient_id = recipients.recipient_id
)

select
    best.announced_award_key,
    best.announced_by,
    best.document,
    best.document_date,
    best.announced_on,
    best.announced_precision,
    best.source_citation,
    best.agency_name,
    best.state_code,
    best.program_area,
    best.assistance_listing,
    best.fiscal_year,
    best.announced_amount,
    best.is_rounded,
    best.officers as officers_announced,
    best.witnesses,
    best.least_amount,
    best.most_amount,
    best.is_resolved,
    best.jurisdiction_key,
    best.agency_kind,
    best.match_method,
    best.match_score,
    best.match_evidence,
    best.lines_alike,
    best._capture_id,
    best._payload_id,
    best._record_no,
    best._kind,
    awards.fain,
    awards.awarding_agency_code,
    case
        when awards.fain is not null then 'the one award of its unit, programme area and fiscal year'
        when not best.is_resolved then 'its agency is tied to no unit'
        when best.lines_alike > 1 then 'several lines of one unit, programme area and fiscal year'
        else 'no captured award, or several, of its unit, programme area and fiscal year'
    end as award_rule
from best
left join awards
    on
        best.jurisdiction_key = awards.jurisdiction_key
        and best.program_area = awards.program_area
        and best.fiscal_year = awards.fain_year
        and best.lines_alike = 1
        and awards.awards_alike = 1
        and best.is_resolved
        and awards.program_area <> 'unknown'
