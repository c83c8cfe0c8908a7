-- The finder in the warehouse: the same vocabulary and the same rule as orchestration/councils/finder.py.
{%- set fields = ['matter_name', 'title', 'notes', 'summary', 'full_text', 'own_text'] -%}
{%- set all_texts = [] -%}
{%- for field in fields -%}{%- do all_texts.append("coalesce(" ~ field ~ ", '')") -%}{%- endfor %}

with terms as (
    select
        term,
        rule,
        family,
        except_of,
        spelling,
        vocabulary_version,
        {{ council_lower(council_words('term')) }} as lowered,
        case
            when spelling = 'capitals' then {{ council_words('term') }}
            else {{ council_lower(council_words('term')) }}
        end as words
    from {{ ref('council_terms') }}
),

-- most matters hold no term in any field: one look at all their words tells
wholes as (
    select
        council_matter_key,
        {{ council_lower(council_words("concat(" ~ all_texts | join(", ' ', ") ~ ")")) }} as lowered
    from {{ ref('int_ordinances__council_matters') }}
),

worth_a_look as (
    select wholes.council_matter_key
    from wholes
    inner join terms
        on terms.rule <> 'except' and {{ dbt.position('terms.lowered', 'wholes.lowered') }} > 0
    group by wholes.council_matter_key
),

looked_at as (
    select
        matters.council_matter_key,
        matters.matter_name,
        matters.title,
        matters.notes,
        matters.summary,
        matters.full_text,
        matters.own_text
    from {{ ref('int_ordinances__council_matters') }} as matters
    inner join worth_a_look
        on matters.council_matter_key = worth_a_look.council_matter_key
),

texts as (
    {% for field in fields %}
    select
        council_matter_key,
        '{{ field }}' as field,
        {{ council_words(field) }} as written,
        {{ council_lower(council_words(field)) }} as lowered,
        {{ regexp_matches(field, '[a-z]') }} as has_small_letters
    from looked_at
    where {{ field }} is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

candidates as (
    select
        texts.council_matter_key,
        texts.field,
        terms.term,
        terms.rule,
        terms.family,
        terms.words,
        terms.vocabulary_version,
        case when terms.spelling = 'capitals' then texts.written else texts.lowered end as searched
    from texts
    inner join terms
        on terms.rule <> 'except'
        and {{ dbt.position('terms.words', "case when terms.spelling = 'capitals' then texts.written else texts.lowered end") }} > 0
        and (terms.spelling <> 'capitals' or texts.has_small_letters)
),

elsewhere as (
    select
        candidates.council_matter_key,
        candidates.field,
        candidates.term,
        sum({{ count_of_words('candidates.searched', 'exceptions.words') }}) as not_meant
    from candidates
    inner join terms as exceptions
        on candidates.term = exceptions.except_of and exceptions.rule = 'except'
    group by candidates.council_matter_key, candidates.field, candidates.term
)

select
    candidates.council_matter_key,
    candidates.field,
    candidates.term,
    candidates.rule,
    candidates.family,
    candidates.vocabulary_version
from candidates
left join elsewhere
    on candidates.council_matter_key = elsewhere.council_matter_key
    and candidates.field = elsewhere.field
    and candidates.term = elsewhere.term
where {{ count_of_words('candidates.searched', 'candidates.words') }} > coalesce(elsewhere.not_meant, 0)
