-- One police force of two units, by its name: "Newberg-Dundee Police Department", "Santa Clara/Ivins", "Camillus Town and
-- Village". Both halves are units of the state.
{%- set office = " (METROPOLITAN )?(POLICE|PD|PUBLIC SAFETY|JOINT|AREA)( .*)?$" %}
{%- set legal = "(^| )(TOWN|TOWNSHIP|VILLAGE|CITY|BOROUGH)$" %}
with joined_names as (
    select
        parsed.printed_id,
        parsed.state_code,
        parsed.county_words,
        case when position('/' in parsed.name) > 0 then '/' when position('-' in parsed.name) > 0 then '-' else ' and ' end as joined_by,
        parsed.name
    from {{ ref('int_identity__parsed') }} as parsed
    left join {{ ref('int_identity__attempts') }} as attempts
        on parsed.printed_id = attempts.printed_id and attempts.method <> 'first half of the name'
    where
        parsed.level_group in ('place', 'town')
        and (position('-' in parsed.name) > 0 or position('/' in parsed.name) > 0 or position(' and ' in parsed.name) > 0)
        and attempts.printed_id is null
),

spelled as (
    select
        printed_id,
        state_code,
        county_words,
        {{ regexp_replace_all(spelled_name("split_part(name, joined_by, 1)"), office, "") }} as first_half,
        {{ regexp_replace_all("concat(' ', " ~ spelled_name("split_part(name, joined_by, 2)") ~ ")", office, "") }} as second_half
    from joined_names
),

halves as (
    select
        printed_id,
        1 as half,
        state_code,
        county_words,
        {{ compact_name(regexp_replace_all("first_half", legal, "")) }} as name_compact,
        {{ regexp_extract("first_half", legal, 2) }} as legal_word
    from spelled
    union all
    -- "Camillus Town and Village": the second half is the first's name again
    select
        printed_id,
        2 as half,
        state_code,
        county_words,
        coalesce(nullif({{ compact_name(regexp_replace_all("trim(second_half)", legal, "")) }}, ''), {{ compact_name(regexp_replace_all("first_half", legal, "")) }}) as name_compact,
        {{ regexp_extract("trim(second_half)", legal, 2) }} as legal_word
    from spelled
),

found as (
    select
        halves.printed_id,
        halves.half,
        names.level_group,
        names.geoid,
        names.jurisdiction_key,
        -- a half without a legal word is a place, or a town if no place has the name
        dense_rank() over (partition by halves.printed_id, halves.half order by case names.level_group when 'place' then 1 else 2 end) as choice
    from halves
    inner join {{ ref('int_identity__names') }} as names
        on halves.name_compact = names.name_compact and halves.state_code = names.state_code
    where
        names.geoid is not null
        and (
            (names.level_group = 'place' and halves.legal_word not in ('TOWN', 'TOWNSHIP') and names.method in ('name', 'hand-kept exception'))
            or (
                names.level_group = 'town'
                and halves.legal_word in ('', 'TOWN', 'TOWNSHIP')
                and {{ compact_name('names.within_county') }} = {{ compact_name('halves.county_words') }}
            )
        )
),

units as (
    select
        printed_id,
        half,
        max(jurisdiction_key) as jurisdiction_key
    from found
    where choice = 1
    group by printed_id, half
    having count(distinct geoid) = 1
),

pairs as (
    select
        firsts.printed_id,
        firsts.jurisdiction_key as first_key,
        seconds.jurisdiction_key as second_key
    from units as firsts
    inner join units as seconds
        on firsts.printed_id = seconds.printed_id and firsts.half = 1 and seconds.half = 2
    where firsts.jurisdiction_key <> seconds.jurisdiction_key
)

select printed_id, first_key as jurisdiction_key from pairs
union all
select printed_id, second_key as jurisdiction_key from pairs
