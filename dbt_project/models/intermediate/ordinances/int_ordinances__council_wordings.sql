-- Each wording that a register uses, read once. A rule decides only where it knows the whole wording: `whole` is the
-- wording itself, `plain` holds it beside words that change nothing, and only a step may be recognised by a part of it.
-- What no rule reads is unread and decides nothing.
with named as (
    select
        'action' as applies_to,
        action_name as said,
        {{ council_body_kind('body_name') }} as body_kind
    from {{ ref('stg_legistar__histories') }}
    where action_name is not null
    union all
    select
        'outcome' as applies_to,
        outcome_text as said,
        'assumed' as body_kind
    from {{ ref('int_ordinances__council_matters') }}
    where outcome_text is not null
),

used as (
    select
        applies_to,
        said,
        body_kind,
        {{ council_lower(council_words('said')) }} as words
    from named
    group by applies_to, said, body_kind
),

rules as (
    select
        precedence,
        applies_to,
        wording,
        match,
        body,
        event,
        {{ council_words('wording') }} as words
    from {{ ref('council_action_wordings') }}
),

held as (
    select
        used.applies_to,
        used.said,
        used.body_kind,
        rules.precedence,
        rules.wording,
        rules.match,
        rules.body,
        rules.event,
        replace(used.words, rules.words, '') as words_beside
    from used
    inner join rules
        on used.applies_to = rules.applies_to
        and case
            when rules.match = 'whole' then used.words = rules.words
            else {{ dbt.position('rules.words', 'used.words') }} > 0
        end
),

plain as (
    select
        word,
        {{ council_words('word') }} as words
    from {{ ref('council_plain_words') }}
),

known_beside as (
    select
        held.applies_to,
        held.said,
        held.body_kind,
        held.wording,
        held.body,
        sum({{ count_of_words('held.words_beside', 'plain.words') }} * length(plain.word)) as letters
    from held
    inner join plain
        on {{ dbt.position('plain.words', 'held.words_beside') }} > 0
    where held.match = 'plain'
    group by held.applies_to, held.said, held.body_kind, held.wording, held.body
),

candidates as (
    select
        held.*,
        case
            when held.body = 'any' then true
            when held.body = 'council' then held.body_kind in ('council', 'assumed')
            else held.body_kind = held.body
        end as is_of_the_body
    from held
    left join known_beside
        on held.applies_to = known_beside.applies_to
        and held.said = known_beside.said
        and held.body_kind = known_beside.body_kind
        and held.wording = known_beside.wording
        and held.body = known_beside.body
    where held.match <> 'plain' or length(replace(held.words_beside, ' ', '')) = coalesce(known_beside.letters, 0)
),

chosen as (
    select
        candidates.*,
        row_number() over (
            partition by applies_to, said, body_kind
            order by case when is_of_the_body then 0 else 1 end, precedence, wording, body, match
        ) as choice
    from candidates
    -- the council's words in a committee or in the executive's office are read, and are no act of the council
    where is_of_the_body or body_kind in ('committee', 'executive')
)

select
    used.applies_to,
    used.said,
    used.body_kind,
    case
        when chosen.said is null then 'unread'
        when not chosen.is_of_the_body or chosen.event = 'none' then 'no event'
        else 'event'
    end as reading,
    case when chosen.is_of_the_body then nullif(chosen.event, 'none') end as event
from used
left join chosen
    on used.applies_to = chosen.applies_to
    and used.said = chosen.said
    and used.body_kind = chosen.body_kind
    and chosen.choice = 1
