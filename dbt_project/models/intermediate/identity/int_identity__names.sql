-- A unit's own name, then its hand-kept other names. A city is never its county: the level is part of the key.
with own as (
    select
        name_normalized,
        state_code,
        case when level = 'consolidated' then 'place' else level end as level_group,
        jurisdiction_key,
        geoid,
        population,
        'name' as method
    from {{ ref('int_identity__units') }}
),

-- "Louisville/Jefferson County" is known by its first half too
halves as (
    select
        trim(split_part(name_normalized, '/', 1)) as name_normalized,
        state_code,
        level_group,
        jurisdiction_key,
        geoid,
        population,
        'first half of the name' as method
    from own
    where position('/' in name_normalized) > 0
),

aliases as (
    select
        name_aliases.name_normalized,
        name_aliases.state_code,
        name_aliases.level_group,
        units.jurisdiction_key,
        units.geoid,
        units.population,
        'hand-kept alias' as method
    from {{ ref('name_aliases') }} as name_aliases
    inner join {{ ref('int_identity__units') }} as units
        on name_aliases.geoid = units.geoid
),

every_name as (
    select * from own
    union all
    select * from halves
    union all
    select * from aliases
),

ranked as (
    select
        every_name.*,
        row_number() over (
            partition by name_normalized, state_code, level_group
            order by case method when 'hand-kept alias' then 0 when 'name' then 1 else 2 end, population desc, geoid
        ) as choice,
        count(*) over (partition by name_normalized, state_code, level_group) as candidates
    from every_name
)

select
    name_normalized,
    state_code,
    level_group,
    jurisdiction_key,
    geoid,
    population,
    method,
    candidates
from ranked
where choice = 1
