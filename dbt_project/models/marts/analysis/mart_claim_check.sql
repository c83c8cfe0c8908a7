-- What the article of 2017-03-27 claims, what the warehouse computes, and whether it may judge. Every verdict follows
-- from the facts: it changes when a capture brings what is missing.
-- what each dataset gave, in words, for data_note
with datasets as (
    select
        dataset,
        case
            when last_retrieved_at is null then concat(dataset, ': ', state)
            else concat(
                dataset, ': ', coalesce(kind, 'unknown'), ', as of ',
                coalesce(cast(cast(last_retrieved_at as date) as {{ dbt.type_string() }}), 'unknown'),
                case when note is null then '' else concat(': ', note) end
            )
        end as note_text
    from {{ ref('source_status') }}
),

data_notes as (
    select
        max(case when dataset = 'usaspending__awards' then note_text end) as awards,
        {{ joined("case when dataset in ('cis__sanctuary_map', 'dhs__sanctuary_list', 'doj__sanctuary_list') then note_text end") }} as lists,
        max(case when dataset = 'ledger__policy_events' then note_text end) as events,
        max(case when dataset = 'published__statistics' then note_text end) as printed
    from datasets
),

computed as (
    {% for part in [
        'int_awards__claims_of_totals', 'int_awards__claims_of_recipients', 'int_ordinances__claims', 'int_crime__claims'
    ] %}
    select
        claim_id, computed_value, verdict, why, evidence, series_note, evidence_rows,
        {% if part == 'int_ordinances__claims' %}evidence_trace{% else %}cast(null as {{ dbt.type_string() }}){% endif %} as own_trace
    from {{ ref(part) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

-- what is computed decides; else what others than the article printed, by the rules of seeds/claim_rules
judged as (
    select
        computed.*,
        printed.printed_value,
        printed.printed_part,
        printed.printed_whole,
        printed.publishers,
        printed.printed_text,
        coalesce(printed.evidence_trace, computed.own_trace) as evidence_trace,
        computed.evidence_rows + coalesce(printed.evidence_rows, 0) as pieces,
        case
            when computed.verdict in ('supported', 'contradicted', 'bracketed') then 'computed'
            when printed.printed_verdict is not null then concat('printed ', printed.printed_verdict)
            when printed.bearing_rows > 0 then 'printed beside'
            when printed.evidence_rows > 0 and printed.not_it_rows = printed.evidence_rows then 'printed not it'
            else 'computed'
        end as decided_by
    from computed
    left join {{ ref('int_awards__claims_printed') }} as printed
        on computed.claim_id = printed.claim_id
),

captured as (
    select concat(
        'the captured awards are ', coalesce(cast(share_of_nation_percent as {{ dbt.type_string() }}), 'an unknown'),
        ' percent ', share_note
    ) as share_text
    from {{ ref('mart_award_share') }}
    where share_scope = 'all captured awards'
)

select
    claims.claim_id,
    claims.claim,
    cast(claims.claimed_value as double) as claimed_value,
    claims.unit,
    cast(claims.as_of as date) as as_of,
    cast(judged.computed_value as double) as computed_value,
    cast(judged.printed_value as double) as printed_value,
    judged.publishers as printed_by,
    case judged.decided_by
        when 'computed' then judged.verdict
        when 'printed beside' then 'published figures only'
        when 'printed not it' then 'not decided'
        else replace(judged.decided_by, 'printed ', '')
    end as verdict,
    case
        when judged.decided_by = 'computed' or said.sentence is null then judged.why
        else {{ sentence("said.sentence", {'publishers': in_words('judged.publishers', 'nobody'), 'part': in_words('cast(judged.printed_part as bigint)'), 'whole': in_words('cast(judged.printed_whole as bigint)'), 'percent': in_words('round(100 * claims.claimed_value / judged.printed_whole, 1)')}) }}
    end as why,
    concat(judged.evidence, case when judged.printed_text is null then '' else concat('; ', judged.printed_text) end) as evidence,
    judged.evidence_trace,
    concat(
        case when judged.series_note is null then '' else concat(judged.series_note, '; ') end,
        case
            when claims.claim_kind = 'cities_listed' then data_notes.lists
            when claims.claim_kind = 'affirmed' then data_notes.events
            when claims.claim_kind = 'reporting' then data_notes.printed
            else concat(data_notes.awards, case when captured.share_text is null then '' else concat('; ', captured.share_text) end)
        end
    ) as data_note,
    cast(judged.pieces as bigint) as evidence_rows,
    claims.how_the_warehouse_checks_it
from {{ ref('article_claims') }} as claims
cross join data_notes
left join captured
    on true
left join judged
    on claims.claim_id = judged.claim_id
left join {{ ref('claim_sentences') }} as said
    on claims.claim_kind = said.claim_kind and said.part = 'why' and judged.decided_by = said.code
