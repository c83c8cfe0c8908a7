-- What the words of a printed name show: kind of body, state, bare name. No list of units is read here.
{%- set legal = name_words().legal %}
{%- set municipal = name_words().municipal %}
{%- set merged_forms = name_words().merged_forms %}
with inverted as (
    select
        printed.*,
        {{ upright_name('printed.name') }} as upright
    from {{ ref('int_identity__printed') }} as printed
),

spelled as (
    select
        inverted.*,
        trim(replace(concat({{ regexp_replace_all(spelled_name("upright"), "^NYS ", "NEW YORK STATE ") }}, ' '), ' BORO ', ' BOROUGH ')) as spelled,
        {{ spelled_name(regexp_extract("inverted.upright", ",([^,]*)$", 1)) }} as tail
    from inverted
),

state_names as (
    {{ state_names() }}
),

-- "City Of Memphis, Tennessee", "City Of Saint Louis Missouri": the tail is the state, not the name
with_state as (
    select
        spelled.printed_id,
        spelled.source,
        spelled.name,
        spelled.city_name,
        spelled.county_name,
        spelled.people,
        spelled.hint,
        coalesce(spelled.state_code, of_tail.postal, of_end.postal) as state_code,
        case
            when spelled.state_code is not null then 'the record'
            when of_tail.postal is not null or of_end.postal is not null then 'the name'
        end as state_from,
        case
            when of_tail.postal is not null and length(spelled.spelled) > length(spelled.tail) + 1
                then substr(spelled.spelled, 1, length(spelled.spelled) - length(spelled.tail) - 1)
            when of_end.postal is not null
                and not {{ regexp_matches("substr(spelled.spelled, 1, length(spelled.spelled) - length(" ~ spelled_name('of_end.name') ~ ") - 1)", " (OF|THE|AND|NEW|IN|WEST)$|^(STATE|CITY|COUNTY|TOWN|VILLAGE)$") }}
                and {{ regexp_matches("spelled.spelled", "^(THE )?(" ~ legal ~ ") OF |(^| )(DEPARTMENT|DEPT|OFFICE|POLICE) ") }}
                then substr(spelled.spelled, 1, length(spelled.spelled) - length({{ spelled_name('of_end.name') }}) - 1)
            else spelled.spelled
        end as words,
        -- "Judiciary Courts Of The State Of Minnesota", "Department Of Legal Affairs Florida"
        of_end.postal is not null as ends_with_state
    from spelled
    left join state_names as of_tail
        on
            spelled.tail = of_tail.spelling
            and coalesce(spelled.state_code, of_tail.postal) = of_tail.postal
    left join {{ ref('states') }} as of_end
        on
            of_tail.postal is null
            and concat(' ', spelled.spelled) like concat('% ', {{ spelled_name('of_end.name') }})
            and coalesce(spelled.state_code, of_end.postal) = of_end.postal
            and not (of_end.postal = 'VA' and spelled.spelled like '%WEST VIRGINIA')
            and (
                spelled.state_code is not null
                or {{ regexp_matches("spelled.spelled", "^(THE )?(" ~ legal ~ "|STATE|COMMONWEALTH|GOVERNMENT) OF | (STATE|COMMONWEALTH|GOVERNMENT) OF |DISTRICT OF COLUMBIA$") }}
                or spelled.hint = 'state'
            )
),

-- "Texas Office of the Attorney General", "Virginia Department of State Police"
of_state as (
    select
        with_state.*,
        states.postal as named_state,
        case when states.postal is not null
            then substr(with_state.words, length({{ spelled_name('states.name') }}) + 2) end as after_state
    from with_state
    left join {{ ref('states') }} as states
        on
            with_state.words like concat({{ spelled_name('states.name') }}, ' %')
            and coalesce(with_state.state_code, states.postal) = states.postal
),

forms as (
    select
        of_state.*,
        -- a form that only a government's name has: "City Of X", "X City Of"
        {{ regexp_matches("words", "^(THE )?(INCORPORATED )?(" ~ legal ~ ") OF | (" ~ legal ~ ") OF( OFFICE.*| INC)?$") }} as has_legal_form,
        {{ regexp_matches("words", "(^| )(" ~ merged_forms ~ ")( |$)") }} as has_merged_form,
        {{ regexp_matches("words", "(^| )(SHERIFF|SHERIFFS|CONSTABLE|CONSTABLES)( |$)") }} as is_sheriff_words,
        {{ regexp_matches("words", "(^| )(POLICE|PD|MARSHAL|MARSHALS|PUBLIC SAFETY)( |$)") }} as is_police,
        {{ regexp_matches("words", "(^| )(SHERIFF|SHERIFFS)( |$)") }} as is_sheriff,
        {{ regexp_matches(regexp_replace_all("words", name_words().not_its_own, ""), "(^| )DISTRICTS?( |$)") }} as has_district_of_its_own,
        {{ regexp_matches("words", "(^| )(TOWNSHIP|TWP)( |$)") }} as has_township_word,
        {{ regexp_matches("words", "[A-Z] (COUNTY|PARISH)( |$)") }} as has_county_word,
        {{ regexp_matches("words", "^[A-Z ]+ COUNTY (SHERIFF|SHERIFFS)") }} as is_county_sheriff,
        -- a list with headings for states, counties and cities shows which of them a name is
        source in ('{{ declared_trackers_of_jurisdictions() | join("', '") }}') and hint in ('state', 'county', 'place') as is_heading_hint,
        {{ regexp_extract("words", "^(.+?) (COUNTY|PARISH)( (.*))?$", 1) }} as county_front,
        {{ regexp_extract("words", "^(.+?) (COUNTY|PARISH)( (.*))?$", 4) }} as county_rest,
        -- of the names that are found to be of a county: those of Alaska
        {{ regexp_extract("words", "^(.+?) BOROUGH( .*)?$", 1) }} as borough_front,
        case
            when {{ regexp_matches("words", "(^| )(" ~ municipal ~ ") OF ") }} or {{ regexp_matches("words", " (" ~ municipal ~ ") OF( OFFICE.*| INC)?$") }}
                then nullif({{ regexp_extract("words", "(^| )(" ~ municipal ~ ") OF( |$)", 2) }}, '')
            else nullif({{ regexp_extract("words", " (CITY|TOWN|VILLAGE|BOROUGH|TOWNSHIP|TWP)( METROPOLITAN)?( (POLICE|PD|PUBLIC SAFETY|MARSHAL|CONSTABLE|CONSTABLES|DEPARTMENT|[A-Z]+ COUNTY).*)?$", 1) }}, '')
        end as printed_legal
    from of_state
),

-- the first pattern that fits decides the kind; the seed name_patterns holds them in their order
kinds as (
    select
        forms.*,
        case
            {% for row in name_patterns() %}
            when {{ row.also or 'true' }}
                {% if row.pattern %}and {{ regexp_matches(row.words, row.pattern | replace('{county_offices}', name_words().county_offices)) }}{% endif %}
                {% if row.unless %}and not {{ regexp_matches('words', row.unless) }}{% endif %}
                then {{ row.precedence }}
            {% endfor %}
        end as kind_precedence
    from forms
),

bare as (
    select
        kinds.*,
        {% for column, part in [('county_words', 1), ('second_county_words', 2)] %}
        {{ regexp_replace_all(spelled_name("split_part(coalesce(county_name, ''), ';', " ~ part ~ ")"), " (COUNTY|PARISH|BOROUGH|CENSUS AREA|MUNICIPALITY|PLANNING REGION)$", "") }} as {{ column }},
        {% endfor %}
        -- removes: the office before the name and the legal form before it ("Board of Police Commissioners of the City of X"), then the office and the form after it
        trim({{ regexp_replace_all(
            regexp_replace_all(
                regexp_replace_all(
                    regexp_replace_all(
                        regexp_replace_all(
                            "case when kind = \u0027county\u0027 then coalesce(nullif(county_front, \u0027\u0027), nullif(borough_front, \u0027\u0027), words) when kind = \u0027town\u0027 then coalesce(nullif(town_front, \u0027\u0027), words) else words end",
                            "^(THE )?(BOARD OF POLICE COMMISSIONERS|POLICE DEPARTMENT|SHERIFFS? OFFICE|OFFICE|GOVERNMENT|CONSOLIDATED GOVERNMENT|CONSOLIDATED CITY|UNIFIED GOVERNMENT|METROPOLITAN GOVERNMENT|METRO GOVERNMENT|INCORPORATED|BOARD OF COUNTY COMMISSIONERS|COUNTY COMMISSION|COMMISSIONERS) (OF|FOR) (THE )?", ""),
                        "^(OFFICE OF )?(THE )?(DISTRICT ATTORNEYS?|PROSECUTING ATTORNEYS?|PROSECUTORS?|SHERIFFS?) (OF |FOR )?(THE )?", ""),
                    "^(THE )?(INCORPORATED )?(" ~ legal ~ "|STATE|COMMONWEALTH) OF (THE )?", ""),
                " ((METROPOLITAN )?(" ~ name_words().offices ~ ")|(" ~ merged_forms ~ ")( CONSOLIDATED GOVERNMENT)?)( .*)?$", ""),
            "( (" ~ legal ~ ") OF| INC| CHARTER)+$", "") }}) as base
    from (
        select
            kinds.*,
            {{ name_kind('kind_precedence') }} as kind,
            {{ regexp_replace_all(regexp_extract("words", "^(.*?) (CHARTER TOWNSHIP|TOWNSHIP|TWP)( |$)", 1), "^[A-Z ]*CONSTABLES?( OFFICE)?( OF)? ", "") }} as town_front,
            coalesce(
                nullif({{ regexp_extract("words", "^.* (POLICE|PD)( DEPARTMENT)? ([A-Z ]+) (COUNTY|PARISH)$", 3) }}, ''),
                nullif({{ regexp_extract("words", " (TOWNSHIP|TWP) ([A-Z ]+) COUNTY( .*)?$", 2) }}, '')
            ) as county_behind
        from kinds
    ) as kinds
)

select
    printed_id,
    source,
    name,
    city_name,
    coalesce(nullif(county_behind, ''), county_words) as county_words,
    nullif(case when coalesce(county_behind, '') = '' then second_county_words end, '') as second_county_words,
    people,
    hint,
    coalesce(state_code, case when kind = 'state' then named_state end) as state_code,
    coalesce(state_from, case when kind = 'state' and named_state is not null then 'the name' end) as state_from,
    words,
    kind,
    kind_precedence,
    case when kind in ('state', 'county', 'place', 'town', 'tribe') then kind end as level_group,
    nullif(printed_legal, 'TWP') as printed_legal,
    case
        when kind = 'tribe' then {{ regexp_replace_all("base", " (TRIBAL|TRIBAL COUNCIL|TRIBAL NATION|TRIBE|NATION|RANCHERIA|PUEBLO)( .*)?$|^THE ", "") }}
        else {{ regexp_replace_all(regexp_replace_all("base", " (COUNTY|PARISH|METROPOLITAN|INC)$", ""), "^(COUNTY DETECTIVE|COUNTY) ", "") }}
    end as base,
    is_police,
    is_sheriff
from bare
