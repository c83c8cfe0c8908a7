-- Which units a printed name may mean, by each rule. The rules are ordered by number. The first that finds a unit decides;
-- if it finds two, the name stays unresolved.
{%- set ways = [
    {
        'why': 'a state is meant by a state agency too, whatever its words',
        'attempt': '1', 'method': "'state of the record or of the name'", 'score': '1.0',
        'on': "asked.state_code = names.state_code and names.level_group = 'state'",
        'where': "asked.level_group = 'state'",
    },
    {
        'why': 'an exception that names no unit holds for that spelling only: Northeast is not North East',
        'attempt': '1', 'method': 'names.method', 'score': '1.0',
        'on': "asked.state_code = names.state_code and asked.level_group = names.level_group "
            ~ "and names.name_compact in (asked.base_compact, asked.words_compact) "
            ~ "and (names.geoid is not null or names.name_normalized in (asked.base, asked.words))",
        'where': "asked.level_group <> 'state' and names.method = 'hand-kept exception'",
    },
    {
        'why': 'Baltimore City, Milton Borough: the last word was the legal one; a town is not the village or city of its name',
        'attempt': 'case when asked.base_legal = upper(names.legal_word) then 8 else 9 end',
        'method': "'name without its legal word'",
        'score': 'case when asked.base_legal = upper(names.legal_word) then 1.0 else 0.95 end',
        'on': compact_name('asked.base_short') ~ " = names.name_compact "
            ~ "and asked.state_code = names.state_code and asked.level_group = names.level_group",
        'where': "asked.base_legal is not null and asked.level_group = 'place' and names.geoid is not null "
            ~ "and (asked.base_legal <> 'TOWN' or names.legal_word = 'town') "
            ~ "and (names.within_county is null or asked.county_words = '' or " ~ is_in_printed_county('names', 'asked') ~ ")",
    },
    {
        'why': 'New Orleans/Orleans (Parish)',
        'attempt': '11', 'method': "'first half of the name'", 'score': '0.95',
        'on': compact_name('asked.base_half') ~ " = names.name_compact "
            ~ "and asked.state_code = names.state_code and asked.level_group = names.level_group",
        'where': "position('/' in asked.base) > 0 and asked.level_group <> 'state' and names.geoid is not null",
    },
    {
        'why': 'the sheriff of a city that is its own county goes by the name of the city',
        'attempt': '12', 'method': "'city that is its county'", 'score': '0.95',
        'on': "asked.state_code = names.state_code and names.level_group = 'place' and names.name_compact in ("
            ~ compact_name('asked.base') ~ ", " ~ compact_name('asked.base_short') ~ ")",
        'where': "asked.level_group = 'county' and not " ~ regexp_matches('asked.words', ' (COUNTY|PARISH)( |$)')
            ~ " and names.geoid in (select place_geoid from merged)",
    },
    {
        'why': 'a county agency whose name is misspelt, with the county printed beside it',
        'attempt': '13', 'method': "'county printed beside the name'", 'score': '0.9',
        'on': "asked.county_compact = names.name_compact and asked.state_code = names.state_code "
            ~ "and names.level_group = 'county'",
        'where': "asked.level_group = 'county' and asked.hint in ('county', 'local') "
            ~ "and asked.second_county_words is null and names.geoid is not null",
    },
    {
        'why': 'no state anywhere: the one unit of the name in the country',
        'attempt': '14', 'method': "'the only unit of that name'", 'score': '0.9',
        'on': "asked.base_compact = names.name_compact and (asked.level_group = names.level_group "
            ~ "or (asked.level_group = 'place' and names.level_group = 'town'))",
        'where': "asked.state_code is null and asked.level_group <> 'state' and names.geoid is not null",
    },
    {
        'why': 'else the only large one',
        'attempt': '15', 'method': "'the only unit of 100,000 people of that name'", 'score': '0.8',
        'on': "asked.base_compact = names.name_compact and asked.level_group = names.level_group",
        'where': "asked.state_code is null and asked.level_group <> 'state' and names.population >= 100000",
    },
] %}
with asked as (
    {{ asked_names() }}
),

merged as (
    select place_geoid from {{ ref('int_identity__merged') }}
),

every_attempt as (
    select printed_id, attempt, method, score, jurisdiction_key, geoid
    from {{ ref('int_identity__attempts_by_name') }}
    {% for way in ways %}
    union all
    -- {{ way.why }}
    select
        asked.printed_id,
        {{ way.attempt }} as attempt,
        {{ way.method }} as method,
        cast({{ way.score }} as double) as score,
        names.jurisdiction_key,
        names.geoid
    from asked
    inner join {{ ref('int_identity__names') }} as names
        on {{ way.on }}
    where {{ way.where }}
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
