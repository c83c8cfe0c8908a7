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
        {{ joined("case when dataset in ('doj__sanctuary_list', 'dhs__sanctuary_list') then note_text end") }} as lists,
        max(case when dataset = 'ledger__policy_events' then note_text end) as events,
        max(case when dataset = 'published__statistics' then note_text end) as printed
    from datasets
),

judged as (
    {% for part in [
        'int_awards__claims_of_totals', 'int_awards__claims_of_recipients', 'int_ordinances__claims', 'int_crime__claims'
    ] %}
    select claim_id, computed_value, verdict, why, evidence, series_note, evidence_rows from {{ ref(part) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    claims.claim_id,
    claims.claim,
    cast(claims.claimed_value as double) as claimed_value,
    claims.unit,
    cast(claims.as_of as date) as as_of,
    cast(judged.computed_value as double) as computed_value,
    judged.verdict,
    judged.why,
    judged.evidence,
    concat(
        case when judged.series_note is null then '' else concat(judged.series_note, '; ') end,
        case
            when claims.claim_kind = 'cities_listed' then data_notes.lists
            when claims.claim_kind = 'affirmed' then data_notes.events
            when claims.claim_kind = 'reporting' then data_notes.printed
            else data_notes.awards
        end
    ) as data_note,
    cast(judged.evidence_rows as bigint) as evidence_rows,
    claims.how_the_warehouse_checks_it
from {{ ref('article_claims') }} as claims
cross join data_notes
left join judged
    on claims.claim_id = judged.claim_id
