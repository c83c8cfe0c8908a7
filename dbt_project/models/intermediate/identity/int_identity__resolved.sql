-- A printed name, its kind of body, the unit that it is (or whose agency it is), and why. A body that is not a general
-- government is not matched to a city; it is linked to the place in which it is located.
with joint as (
    select printed_id from {{ ref('int_identity__joint') }} group by printed_id
),

ways as (
    select
        attempts.*,
        -- without a state, one of several units of a name may be much larger and is chosen; within a state none is
        row_number() over (
            partition by printed_id
            order by case when attempt = 14 and candidates > 1 then 99 else attempt end
        ) as nth
    from {{ ref('int_identity__attempts') }} as attempts
),

-- two places of one name are not the halves of a joint name, and an exception without a GEOID is an answer: no unit
decided as (
    select
        ways.printed_id,
        ways.method,
        ways.score,
        ways.candidates,
        ways.jurisdiction_key,
        ways.geoid,
        units.level
    from ways
    left join joint
        on ways.printed_id = joint.printed_id
    left join {{ ref('int_identity__units') }} as units
        on ways.jurisdiction_key = units.jurisdiction_key
    where ways.nth = 1 and joint.printed_id is null
),

places as (
    select
        name_compact, state_code, max(jurisdiction_key) as jurisdiction_key
    from {{ ref('int_identity__names') }}
    where level_group = 'place' and method in ('name', 'hand-kept exception')
    group by name_compact, state_code
    having count(distinct geoid) = 1
),

counties as (
    select
        name_compact, state_code, max(jurisdiction_key) as jurisdiction_key
    from {{ ref('int_identity__names') }}
    where level_group = 'county'
    group by name_compact, state_code
    having count(distinct geoid) = 1
),

-- what remains of "School District Of Philadelphia" or "Guilford County Board Of Education"
sited as (
    select
        parsed.*,
        {{ compact_name(spelled_name("parsed.city_name")) }} as city_compact,
        {{ compact_name("parsed.county_words") }} as county_compact,
        {{ compact_name("trim(" ~ regexp_replace_all(
            regexp_replace_all("parsed.words", "^(SCHOOL DISTRICT|BOARD OF EDUCATION|UNIVERSITY|BOARD OF SCHOOL DIRECTORS|HOUSING AUTHORITY) OF (THE )?(CITY OF )?", ""),
            " (PUBLIC SCHOOLS|BOARD OF EDUCATION|BOARD OF SCHOOL.*|CITY SCHOOL.*|INDEPENDENT SCHOOL.*|UNIFIED SCHOOL.*|CONSOLIDATED SCHOOL.*|SCHOOL.*|UNIVERSITY|STATE UNIVERSITY|COLLEGE|AIRPORT|INTERNATIONAL AIRPORT|HOUSING AUTHORITY|TOWNSHIP POLICE.*|TOWNSHIP.*|PARK DISTRICT|TRANSIT AUTHORITY|HOSPITAL DISTRICT|FIRE PROTECTION DISTRICT.*)$", "") ~ ")") }} as left_compact
    from {{ ref('int_identity__parsed') }} as parsed
)

{%- set kind -%}
    case
        when joint.printed_id is not null then 'several governments'
        -- in New England, what is not a city is a town
        when decided.candidates is null and sited.kind = 'place' and sited.state_code in ('CT', 'MA', 'ME', 'NH', 'RI', 'VT')
            then 'town'
        -- the unit shows what the words left open: a town of the bare name, the District, an exception
        when decided.candidates = 1 and decided.level in ('place', 'county', 'town') then decided.level
        when decided.candidates = 1 and decided.level = 'consolidated' and sited.kind = 'state' then 'place'
        else sited.kind
    end
{%- endset %}

select
    sited.printed_id,
    sited.source,
    sited.name,
    sited.state_code,
    sited.state_from,
    {{ kind }} as kind,
    coalesce(decided.candidates, 0) = 1 as is_resolved,
    case
        when decided.candidates = 1 then decided.jurisdiction_key
        -- if several units of a state share a name, each county has a body of its own
        else {{ unresolved_key(
            'sited.words', 'sited.state_code', kind,
            "case when decided.candidates > 1 or " ~ kind ~ " = 'town' then nullif(sited.county_words, '') end"
        ) }}
    end as jurisdiction_key,
    case when decided.candidates = 1 and sited.kind <> 'tribe' then decided.geoid end as geoid,
    case
        when decided.candidates = 1 and sited.kind = 'tribe' then 'tribe by its own name'
        when decided.candidates = 1 then decided.method
        when sited.level_group is null and sited.kind = 'unknown' then 'unresolved'
        when sited.level_group is null or joint.printed_id is not null then 'not a general government'
        else 'unresolved'
    end as match_method,
    case when decided.candidates = 1 then decided.score end as match_score,
    case
        when sited.kind = 'state' then concat(sited.words, ', ', coalesce(sited.state_code, 'no state'), ' as state')
        when sited.level_group is null and sited.kind = 'unknown' then concat(sited.words, ': its words and what stands beside them say no kind')
        when sited.level_group is null then concat(sited.words, ': its words or what stands beside them say ', sited.kind)
        when joint.printed_id is not null then concat(sited.words, ': its name joins two places')
        when decided.candidates > 1
            then concat(sited.base, ', ', coalesce(sited.state_code, 'no state'), ' as ', sited.level_group, ': ', cast(decided.candidates as {{ dbt.type_string() }}), ' units of that name')
        when decided.candidates = 1 then concat(sited.base, ', ', coalesce(sited.state_code, 'no state'), ' as ', sited.level_group)
        when decided.candidates = 0
            then concat(sited.base, ', ', coalesce(sited.state_code, 'no state'), ' as ', sited.level_group, ': a hand-kept exception leaves it open')
        -- units of that name in other counties do not count
        when sited.level_group in ('place', 'town') and sited.county_words <> ''
            then concat(sited.base, ', ', coalesce(sited.state_code, 'no state'), ' as ', sited.level_group, ': no such unit in the county printed, ', sited.county_words)
        else concat(sited.base, ', ', coalesce(sited.state_code, 'no state'), ' as ', sited.level_group, ': no such unit')
    end as match_evidence,
    case when coalesce(decided.candidates, 0) <> 1 then
        coalesce(by_city.jurisdiction_key, by_words.jurisdiction_key, county_by_words.jurisdiction_key, by_county.jurisdiction_key)
    end as located_in_jurisdiction_key,
    case
        when coalesce(decided.candidates, 0) = 1 then null
        when by_city.jurisdiction_key is not null then 'city of the address'
        when by_words.jurisdiction_key is not null then 'place in the name'
        when county_by_words.jurisdiction_key is not null then 'county in the name'
        when by_county.jurisdiction_key is not null then 'county beside the name'
    end as located_in_method,
    sited.is_police,
    sited.is_sheriff
from sited
left join decided
    on sited.printed_id = decided.printed_id
left join joint
    on sited.printed_id = joint.printed_id
left join places as by_city
    on
        sited.city_compact = by_city.name_compact
        and sited.state_code = by_city.state_code
        and (sited.level_group is null or decided.candidates is null)
left join places as by_words
    on
        sited.left_compact = by_words.name_compact
        and sited.state_code = by_words.state_code
        -- a university's name does not say where it is: Marquette University is in Milwaukee
        and sited.kind in ('school district', 'special authority')
left join counties as county_by_words
    on
        sited.left_compact = concat(county_by_words.name_compact, 'COUNTY')
        and sited.state_code = county_by_words.state_code
        and sited.kind in ('school district', 'university or college', 'special authority')
left join counties as by_county
    on
        sited.county_compact = by_county.name_compact
        and sited.state_code = by_county.state_code
        and (sited.level_group is null or decided.candidates is null)
