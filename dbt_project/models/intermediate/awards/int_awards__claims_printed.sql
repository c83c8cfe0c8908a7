-- The verdict that printed figures of others than the article allow, claim by claim: they support or contradict it in
-- its own unit, or bracket it between the parts and the whole of what it is of.
with parts as (
    select claim_id, sum(least_figure) as part
    from (
        select claim_id, program, min(figure) as least_figure
        from {{ ref('int_awards__claim_evidence') }}
        where evidence_role = 'part'
        group by claim_id, program
    ) as programs
    group by claim_id
),

printers as (
    select claim_id, {{ joined('publisher') }} as publishers
    from (
        select distinct claim_id, publisher
        from {{ ref('int_awards__claim_evidence') }}
        where evidence_role in ('supports', 'contradicts', 'whole', 'part')
    ) as named
    group by claim_id
),

counted as (
    select
        claim_id,
        claim_kind,
        max(claimed_value) as claimed_value,
        sum(case when evidence_role = 'supports' then 1 else 0 end) as supporting,
        sum(case when evidence_role = 'contradicts' then 1 else 0 end) as contradicting,
        min(case when evidence_role = 'whole' then figure end) as whole,
        min(case when evidence_role = 'whole' then figure * most_share end) as whole_at_most,
        min(case when evidence_role in ('supports', 'contradicts') then figure end) as deciding_figure,
        {{ joined("case when evidence_role <> 'own source' then concat(evidence_role, ': ', evidence_text) end") }}
            as printed_text,
        {{ joined("case when evidence_role not in ('beside', 'not it') then concat('clawback trace ', evidence_table, ' ', evidence_id) end") }}
            as deciding_trace,
        {{ joined("case when evidence_role in ('beside', 'not it') then concat('clawback trace ', evidence_table, ' ', evidence_id) end") }}
            as other_trace,
        sum(case when evidence_role in ('own source', 'not it') then 0 else 1 end) as bearing_rows,
        sum(case when evidence_role = 'not it' then 1 else 0 end) as not_it_rows,
        count(*) as evidence_rows
    from {{ ref('int_awards__claim_evidence') }}
    group by claim_id, claim_kind
),

judged as (
    select
        counted.*,
        parts.part,
        printers.publishers,
        case
            when supporting > 0 and contradicting = 0 then 'supported'
            when contradicting > 0 and supporting = 0 then 'contradicted'
            when supporting > 0 then 'bracketed'
            when whole is not null and parts.part is not null
                then case when claimed_value between parts.part and whole_at_most then 'bracketed' else 'contradicted' end
            when claimed_value > whole_at_most or claimed_value < parts.part then 'contradicted'
        end as printed_verdict
    from counted
    left join parts
        on counted.claim_id = parts.claim_id
    left join printers
        on counted.claim_id = printers.claim_id
)

select
    claim_id,
    claim_kind,
    printed_verdict,
    coalesce(deciding_figure, whole) as printed_value,
    part as printed_part,
    whole as printed_whole,
    publishers,
    printed_text,
    -- what decides first, then what stands beside it: every row that the evidence names can be traced
    concat_ws('; ', deciding_trace, other_trace) as evidence_trace,
    bearing_rows,
    not_it_rows,
    evidence_rows
from judged
