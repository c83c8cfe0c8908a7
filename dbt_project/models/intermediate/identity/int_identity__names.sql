-- Every name by which a unit may be printed. A city is never its county, nor a town the village of its name: the level
-- is part of the name. A census designated place is not a government and has no name here.
with own as (
    select
        -- a city that was its own county: "Bedford city", distinct from Bedford County
        case when level = 'county' and legal_word = 'city' then concat(name_normalized, ' CITY') else name_normalized end as name_normalized,
        state_code,
        case when level = 'consolidated' then 'place' else level end as level_group,
        jurisdiction_key,
        -- tribes have no captured GEOID: the key takes its place
        coalesce(geoid, jurisdiction_key) as geoid,
        legal_word,
        within_county,
        second_within_county,
        population,
        merger
    from {{ ref('int_identity__units') }}
    where is_general_government
),

-- the county's own name leads to the city that is one with it. That of an independent city does so only with the word
-- City after it, because a neighboring county may have the same name (Baltimore, Richmond, Roanoke)
county_names as (
    select
        {{ census_base_name('gazetteer.name') }} as name_normalized,
        {{ spelled_name('merged.known_as') }} as known_as,
        units.state_code,
        units.jurisdiction_key,
        units.geoid,
        units.population,
        merged.merger
    from {{ ref('int_identity__merged') }} as merged
    inner join {{ ref('int_identity__units') }} as units
        on merged.place_geoid = units.geoid
    inner join {{ ref('stg_census__gazetteer') }} as gazetteer
        on merged.county_geoid = gazetteer.geoid
),

every_name as (
    select
        name_normalized, state_code, level_group, jurisdiction_key, geoid, legal_word, within_county, second_within_county,
        population, 'name' as method
    from own
    union all
    -- "Orchard Lake Village city" is Orchard Lake too, "The Colony city" Colony
    select
        {{ regexp_replace_all('name_normalized', ' (VILLAGE|TOWN)$|^THE ', '') }} as name_normalized,
        state_code, level_group, jurisdiction_key, geoid, legal_word, within_county, second_within_county,
        population, 'short name' as method
    from own
    where level_group = 'place' and {{ regexp_matches('name_normalized', ' (VILLAGE|TOWN)$|^THE ') }}
    union all
    -- "City of Orange township", "South Orange Village township", "Middleborough town": Orange, South Orange, Middleboro
    select
        case
            when name_normalized like '%BOROUGH' then substr(name_normalized, 1, length(name_normalized) - 3)
            else {{ regexp_replace_all('name_normalized', '^CITY OF | VILLAGE$', '') }}
        end as name_normalized,
        state_code, level_group, jurisdiction_key, geoid, legal_word, within_county, second_within_county,
        population, 'short name' as method
    from own
    where
        (level_group in ('place', 'town') and {{ regexp_matches('name_normalized', '^CITY OF |[A-Z]BOROUGH$') }})
        or (level_group = 'town' and {{ regexp_matches('name_normalized', ' VILLAGE$') }})
    union all
    -- "Louisville/Jefferson County" is known by its first half too
    select
        trim(split_part(name_normalized, '/', 1)) as name_normalized,
        state_code, level_group, jurisdiction_key, geoid, legal_word, within_county, second_within_county,
        population, 'short name' as method
    from own
    where position('/' in name_normalized) > 0
    union all
    select
        name_normalized, state_code, 'county' as level_group, jurisdiction_key, geoid,
        cast(null as {{ dbt.type_string() }}) as legal_word, cast(null as {{ dbt.type_string() }}) as within_county,
        cast(null as {{ dbt.type_string() }}) as second_within_county, population, 'name of the county that the city is' as method
    from county_names
    where merger = 'consolidated'
    union all
    select
        concat(name_normalized, ' CITY') as name_normalized, state_code, 'county' as level_group, jurisdiction_key, geoid,
        cast(null as {{ dbt.type_string() }}) as legal_word, cast(null as {{ dbt.type_string() }}) as within_county,
        cast(null as {{ dbt.type_string() }}) as second_within_county, population, 'name of the county that the city is' as method
    from county_names
    where merger = 'independent'
    {% for form in ["concat(known_as, ' ', name_normalized)", "concat(name_normalized, ' ', known_as)"] %}
    {%- for level_group in ['place', 'county'] %}
    union all
    -- "Nashville & Davidson County", "Wyandotte County/Kansas City": both names of the one government
    select
        {{ form }} as name_normalized, state_code, '{{ level_group }}' as level_group, jurisdiction_key, geoid,
        cast(null as {{ dbt.type_string() }}) as legal_word, cast(null as {{ dbt.type_string() }}) as within_county,
        cast(null as {{ dbt.type_string() }}) as second_within_county, population, 'names of the city and the county that it is' as method
    from county_names
    where merger = 'consolidated' and known_as <> name_normalized
    {%- endfor %}
    {%- endfor %}
    union all
    -- an exception without a GEOID says that the name means no unit
    select
        name_exceptions.name_normalized, name_exceptions.state_code, name_exceptions.level_group, units.jurisdiction_key,
        units.geoid, units.legal_word, units.within_county, units.second_within_county, units.population,
        'hand-kept exception' as method
    from {{ ref('name_exceptions') }} as name_exceptions
    left join {{ ref('int_identity__units') }} as units
        on name_exceptions.geoid = units.geoid
    where name_exceptions.geoid is null or units.geoid is not null
)

select
    name_normalized,
    {{ compact_name('name_normalized') }} as name_compact,
    state_code,
    level_group,
    geoid,
    min(method) as method,
    max(jurisdiction_key) as jurisdiction_key,
    max(legal_word) as legal_word,
    max(within_county) as within_county,
    max(second_within_county) as second_within_county,
    max(population) as population
from every_name
group by name_normalized, state_code, level_group, geoid
