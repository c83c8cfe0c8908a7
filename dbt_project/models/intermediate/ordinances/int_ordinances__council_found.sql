-- A term of rule `alone` suffices; of rule `together`, terms of two families are needed.
with ruled as (
    select
        council_matter_key,
        max(case when rule = 'alone' then 1 else 0 end) as hit_alone,
        count(distinct case when rule = 'together' then family end) as families_together,
        max(vocabulary_version) as vocabulary_version
    from {{ ref('int_ordinances__council_term_hits') }}
    group by council_matter_key
),

named as (
    select council_matter_key, term
    from {{ ref('int_ordinances__council_term_hits') }}
    group by council_matter_key, term
),

listed as (
    select
        council_matter_key,
        {{ joined('term') }} as terms_hit
    from named
    group by council_matter_key
)

select
    ruled.council_matter_key,
    (ruled.hit_alone = 1 or ruled.families_together > 1) as is_relevant,
    listed.terms_hit,
    ruled.vocabulary_version
from ruled
inner join listed
    on ruled.council_matter_key = listed.council_matter_key
