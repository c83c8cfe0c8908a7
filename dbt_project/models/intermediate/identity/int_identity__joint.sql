-- One police of two places by its name: "Newberg-Dundee Police Department". Both halves are places of the state.
with halves as (
    select
        printed_id,
        state_code,
        {{ compact_name(spelled_name("split_part(name, '-', 1)")) }} as first_compact,
        {{ compact_name(regexp_replace_all(spelled_name("split_part(name, '-', 2)"), " (METROPOLITAN )?(POLICE|PD|PUBLIC SAFETY|JOINT|AREA)( .*)?$", "")) }} as second_compact
    from {{ ref('int_identity__parsed') }}
    where
        level_group = 'place'
        and position('-' in name) > 0
        and printed_id not in (select printed_id from {{ ref('int_identity__attempts') }})
),

places as (
    select
        name_compact, state_code, max(jurisdiction_key) as jurisdiction_key
    from {{ ref('int_identity__names') }}
    where level_group = 'place' and method in ('name', 'hand-kept exception')
    group by name_compact, state_code
    having count(distinct geoid) = 1
),

pairs as (
    select
        halves.printed_id,
        firsts.jurisdiction_key as first_key,
        seconds.jurisdiction_key as second_key
    from halves
    inner join places as firsts
        on halves.first_compact = firsts.name_compact and halves.state_code = firsts.state_code
    inner join places as seconds
        on halves.second_compact = seconds.name_compact and halves.state_code = seconds.state_code
    where firsts.jurisdiction_key <> seconds.jurisdiction_key
)

select printed_id, first_key as jurisdiction_key from pairs
union all
select printed_id, second_key as jurisdiction_key from pairs
