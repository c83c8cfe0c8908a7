-- Which units a printed name may mean, by each way of asking. The ways are tried in the order of their number; the first
-- that answers decides, and where it answers with two units the name stays unresolved.
{%- set towns = "('CT', 'MA', 'ME', 'NH', 'NY', 'RI', 'VT', 'WI')" %}
with asked as (
    select
        parsed.*,
        {{ compact_name('base') }} as base_compact,
        {{ regexp_replace_all('base', ' (CITY|TOWN|VILLAGE|BOROUGH)$', '') }} as base_short,
        nullif({{ regexp_extract('base', ' (CITY|TOWN|VILLAGE|BOROUGH)$', 1) }}, '') as base_legal,
        trim(split_part(base, '/', 1)) as base_half
    from {{ ref('int_identity__parsed') }} as parsed
    where level_group is not null
),

-- a state is meant by a state's agency too, whatever its words
states_meant as (
    select
        asked.printed_id,
        1 as attempt,
        'state of the record or of the name' as method,
        cast(1.0 as double) as score,
        units.jurisdiction_key,
        units.geoid
    from asked
    inner join {{ ref('int_identity__names') }} as units
        on
            asked.state_code = units.state_code
            and units.level_group = 'state'
            and asked.level_group = 'state'
),

in_state as (
    select
        asked.printed_id,
        case
            when names.method = 'hand-kept exception' then 1
            when names.name_normalized = asked.base and asked.printed_legal = upper(names.legal_word) then 2
            when names.within_county is not null and names.within_county like concat(asked.county_words, ' %') and asked.county_words <> '' then 3
            when names.name_normalized = asked.base and names.method = 'name' then 4
            when names.method = 'name' then 5
            else 6
        end as attempt,
        names.method,
        cast(case
            when names.method = 'hand-kept exception' then 1.0
            when names.method = 'name' and names.name_normalized = asked.base then 1.0
            else 0.95
        end as double) as score,
        names.jurisdiction_key,
        names.geoid
    from asked
    inner join {{ ref('int_identity__names') }} as names
        on
            asked.base_compact = names.name_compact
            and asked.state_code = names.state_code
            and asked.level_group = names.level_group
    where
        asked.level_group <> 'state'
        -- a town that the Census counts among county subdivisions is not the village or city of its name
        and (coalesce(asked.printed_legal, '') <> 'TOWN' or names.legal_word = 'town' or asked.state_code not in {{ towns }})
),

-- "Baltimore City", "Milton Borough": the last word was the legal one
without_legal_word as (
    select
        asked.printed_id,
        case when asked.base_legal = upper(names.legal_word) then 7 else 8 end as attempt,
        'name without its legal word' as method,
        cast(case when asked.base_legal = upper(names.legal_word) then 1.0 else 0.95 end as double) as score,
        names.jurisdiction_key,
        names.geoid
    from asked
    inner join {{ ref('int_identity__names') }} as names
        on
            {{ compact_name('asked.base_short') }} = names.name_compact
            and asked.state_code = names.state_code
            and asked.level_group = names.level_group
    where
        asked.base_legal is not null
        and asked.level_group = 'place'
        and (asked.base_legal <> 'TOWN' or names.legal_word = 'town' or asked.state_code not in {{ towns }})
),

-- "New Orleans/Orleans (Parish)"
first_halves as (
    select
        asked.printed_id,
        9 as attempt,
        'first half of the name' as method,
        cast(0.95 as double) as score,
        names.jurisdiction_key,
        names.geoid
    from asked
    inner join {{ ref('int_identity__names') }} as names
        on
            {{ compact_name('asked.base_half') }} = names.name_compact
            and asked.state_code = names.state_code
            and asked.level_group = names.level_group
    where position('/' in asked.base) > 0 and asked.level_group <> 'state'
),

-- the sheriff of a city that is its county goes by the city's name
cities_with_a_sheriff as (
    select
        asked.printed_id,
        10 as attempt,
        'city that is its county' as method,
        cast(0.95 as double) as score,
        names.jurisdiction_key,
        names.geoid
    from asked
    inner join {{ ref('int_identity__names') }} as names
        on
            asked.state_code = names.state_code
            and names.level_group = 'place'
            and names.name_compact in ({{ compact_name('asked.base') }}, {{ compact_name('asked.base_short') }})
    inner join {{ ref('int_identity__merged') }} as merged
        on names.geoid = merged.place_geoid
    where asked.level_group = 'county' and not {{ regexp_matches('asked.words', ' (COUNTY|PARISH)( |$)') }}
),

-- a county's agency whose name is misspelt, with the county printed beside it
county_beside as (
    select
        asked.printed_id,
        11 as attempt,
        'county printed beside the name' as method,
        cast(0.9 as double) as score,
        names.jurisdiction_key,
        names.geoid
    from asked
    inner join {{ ref('int_identity__names') }} as names
        on
            {{ compact_name('asked.county_words') }} = names.name_compact
            and asked.state_code = names.state_code
            and names.level_group = 'county'
    where asked.level_group = 'county' and asked.hint in ('county', 'local')
),

-- no state anywhere: the one unit of the name in the country, else the only large one
without_state as (
    select
        asked.printed_id,
        12 as attempt,
        'the only unit of that name' as method,
        cast(0.9 as double) as score,
        names.jurisdiction_key,
        names.geoid
    from asked
    inner join {{ ref('int_identity__names') }} as names
        on asked.base_compact = names.name_compact and asked.level_group = names.level_group
    where asked.state_code is null and asked.level_group <> 'state'
),

large_without_state as (
    select
        asked.printed_id,
        13 as attempt,
        'the only unit of 100,000 people of that name' as method,
        cast(0.8 as double) as score,
        names.jurisdiction_key,
        names.geoid
    from asked
    inner join {{ ref('int_identity__names') }} as names
        on asked.base_compact = names.name_compact and asked.level_group = names.level_group
    where asked.state_code is null and asked.level_group <> 'state' and names.population >= 100000
),

every_attempt as (
    {% for way in ['states_meant', 'in_state', 'without_legal_word', 'first_halves', 'cities_with_a_sheriff', 'county_beside', 'without_state', 'large_without_state'] -%}
    select printed_id, attempt, method, score, jurisdiction_key, geoid from {{ way }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    printed_id,
    attempt,
    min(method) as method,
    min(score) as score,
    count(distinct geoid) as candidates,
    max(jurisdiction_key) as jurisdiction_key,
    max(geoid) as geoid
from every_attempt
group by printed_id, attempt
