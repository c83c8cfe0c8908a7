-- Which units a printed name may mean, by each way of asking. The ways are tried in the order of their number; the first
-- that answers decides, and where it answers with two units the name stays unresolved.
{#- where towns are the general government and a village or borough lies inside one of its name -#}
{%- set new_england = "('CT', 'MA', 'ME', 'NH', 'RI', 'VT')" %}
{#- where towns or townships have police of their own and print the bare name -#}
{%- set strong_towns = "('NY', 'NJ', 'PA', 'WI')" %}
with asked as (
    select
        parsed.*,
        {{ compact_name('base') }} as base_compact,
        {{ compact_name('words') }} as words_compact,
        {{ compact_name('county_words') }} as county_compact,
        {{ compact_name("coalesce(second_county_words, '')") }} as second_county_compact,
        {{ regexp_replace_all('base', ' (CITY|TOWN|VILLAGE|BOROUGH|CHARTER TOWNSHIP|TOWNSHIP|TWP|PLANTATION)$', '') }} as base_short,
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

exceptions as (
    select
        asked.printed_id,
        1 as attempt,
        names.method,
        cast(1.0 as double) as score,
        names.jurisdiction_key,
        names.geoid
    from asked
    inner join {{ ref('int_identity__names') }} as names
        on
            asked.state_code = names.state_code
            and asked.level_group = names.level_group
            and names.name_compact in (asked.base_compact, asked.words_compact)
            -- a name of no unit of ours is that name to the letter: Northeast is not North East
            and (names.geoid is not null or names.name_normalized in (asked.base, asked.words))
    where asked.level_group <> 'state' and names.method = 'hand-kept exception'
),

-- every unit of the name in the state that the printed county does not rule out
of_the_name as (
    select
        asked.printed_id,
        asked.state_code,
        asked.base,
        asked.level_group as asked_for,
        asked.printed_legal,
        asked.hint,
        asked.people,
        names.name_normalized,
        names.level_group,
        names.method,
        names.legal_word,
        names.population,
        names.jurisdiction_key,
        names.geoid,
        coalesce(
            {{ compact_name('names.within_county') }} in (asked.county_compact, asked.second_county_compact)
            or {{ compact_name('names.second_within_county') }} in (asked.county_compact, asked.second_county_compact), false
        ) as is_in_the_county,
        names.within_county is not null and asked.county_words <> '' as is_county_known
    from asked
    inner join {{ ref('int_identity__names') }} as names
        on
            asked.state_code = names.state_code
            and names.name_compact
            = case when asked.level_group = 'town' then {{ compact_name('asked.base_short') }} else asked.base_compact end
            and (
                asked.level_group = names.level_group
                or (asked.level_group in ('place', 'town') and names.level_group in ('place', 'town'))
                -- in Alaska a borough of the bare name where no city has it
                or (asked.level_group = 'place' and names.level_group = 'county' and asked.state_code = 'AK')
            )
    where asked.level_group <> 'state' and names.method <> 'hand-kept exception'
),

candidates as (
    select *
    from of_the_name
    where
        -- Connecticut's towns lie in planning regions since 2022, and no two have one name
        (is_in_the_county or not is_county_known or state_code = 'CT')
        -- a township is never the village or city of its name; a New England city that calls itself a town is the town
        and (
            asked_for <> 'town' or level_group = 'town' or legal_word in ('town', 'metro township')
            or (method = 'short name' and state_code in {{ new_england }})
        )
        and (asked_for <> 'place' or level_group <> 'town' or coalesce(printed_legal, '') in ('', 'TOWN'))
),

in_state as (
    select
        printed_id,
        case
            when asked_for = 'town' then case when level_group <> 'town' then 7 when is_in_the_county then 2 else 4 end
            when level_group = 'town' and state_code in {{ new_england }} and legal_word <> 'plantation' then 6
            when level_group = 'town' or (level_group = 'county' and asked_for = 'place') then 10
            when name_normalized = base and printed_legal = upper(legal_word) then 2
            when is_in_the_county then 4
            when asked_for = 'place' and state_code in {{ new_england }} and legal_word in ('village', 'borough') and coalesce(printed_legal, '') not in ('VILLAGE', 'BOROUGH') then 7
            when name_normalized = base and method = 'name' then 5
            when method = 'name' then 7
            else 8
        end as attempt,
        method,
        cast(case
            when level_group = 'town' and asked_for = 'place' then 0.95
            when method = 'name' and (name_normalized = base or asked_for = 'town') then 1.0
            else 0.95
        end as double) as score,
        jurisdiction_key,
        geoid
    from candidates
    where
        level_group = asked_for
        or asked_for = 'town'
        or state_code in {{ new_england }}
        or state_code in {{ strong_towns }}
        or state_code = 'AK'
        -- elsewhere a bare name means a township only where townships keep police, and for one that prints its county
        or (hint = 'place' and is_in_the_county and state_code in ('MN', 'OH'))
),

-- people printed beside the name, where they fit one unit of the name and are far from every other
by_people as (
    select
        printed_id,
        3 as attempt,
        'people printed beside the name' as method,
        cast(0.95 as double) as score,
        max(case when people between population * 0.7 and population * 1.3 then jurisdiction_key end) as jurisdiction_key,
        max(case when people between population * 0.7 and population * 1.3 then geoid end) as geoid
    from candidates
    where asked_for in ('place', 'town') and level_group in ('place', 'town') and people > 0
    group by printed_id
    having
        count(distinct geoid) > 1
        and count(population) = count(*)
        and count(distinct case when people between population * 0.7 and population * 1.3 then geoid end) = 1
        and count(distinct case when people between population * 0.5 and population * 2.0 then geoid end) = 1
),

-- "Baltimore City", "Milton Borough": the last word was the legal one
without_legal_word as (
    select
        asked.printed_id,
        case when asked.base_legal = upper(names.legal_word) then 8 else 9 end as attempt,
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
        and names.geoid is not null
        -- a town is not the village or city of its name
        and (asked.base_legal <> 'TOWN' or names.legal_word = 'town')
        and (
            names.within_county is null or asked.county_words = ''
            or {{ compact_name('names.within_county') }} in (asked.county_compact, asked.second_county_compact)
            or {{ compact_name('names.second_within_county') }} in (asked.county_compact, asked.second_county_compact)
        )
),

-- "New Orleans/Orleans (Parish)"
first_halves as (
    select
        asked.printed_id,
        11 as attempt,
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
    where position('/' in asked.base) > 0 and asked.level_group <> 'state' and names.geoid is not null
),

-- the sheriff of a city that is its county goes by the city's name
cities_with_a_sheriff as (
    select
        asked.printed_id,
        12 as attempt,
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
        13 as attempt,
        'county printed beside the name' as method,
        cast(0.9 as double) as score,
        names.jurisdiction_key,
        names.geoid
    from asked
    inner join {{ ref('int_identity__names') }} as names
        on
            asked.county_compact = names.name_compact
            and asked.state_code = names.state_code
            and names.level_group = 'county'
    where asked.level_group = 'county' and asked.hint in ('county', 'local') and asked.second_county_words is null and names.geoid is not null
),

-- no state anywhere: the one unit of the name in the country, else the only large one
without_state as (
    select
        asked.printed_id,
        14 as attempt,
        'the only unit of that name' as method,
        cast(0.9 as double) as score,
        names.jurisdiction_key,
        names.geoid
    from asked
    inner join {{ ref('int_identity__names') }} as names
        on
            asked.base_compact = names.name_compact
            and (asked.level_group = names.level_group or (asked.level_group = 'place' and names.level_group = 'town'))
    where asked.state_code is null and asked.level_group <> 'state' and names.geoid is not null
),

large_without_state as (
    select
        asked.printed_id,
        15 as attempt,
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
    {% for way in ['states_meant', 'exceptions', 'in_state', 'by_people', 'without_legal_word', 'first_halves', 'cities_with_a_sheriff', 'county_beside', 'without_state', 'large_without_state'] -%}
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
