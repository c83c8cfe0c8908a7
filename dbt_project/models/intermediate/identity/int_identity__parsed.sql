-- What the words of a printed name say: kind of body, state, bare name. No list is looked at here.
{%- set legal = 'CITY AND COUNTY|CITY AND BOROUGH|CHARTER TOWNSHIP|CITY|TOWN|VILLAGE|BOROUGH|TOWNSHIP|MUNICIPALITY|COUNTY|PARISH' %}
{%- set offices = 'POLICE|PD|PUBLIC SAFETY|MARSHALS?|SHERIFFS?|CONSTABLES?|CORRECTIONS?|CORRECTIONAL|DETENTION|JAIL|LAW ENFORCEMENT|DISTRICT ATTORNEYS?|PROSECUTORS?|PROSECUTING|PUBLIC SCHOOLS|BOARD OF COUNTY COMMISSIONERS|BOARD OF COMMISSIONERS|COUNTY COMMISSIONERS|OFFICE OF|DEPARTMENT OF|DIVISION OF|BUREAU OF|COMMON COUNCIL|TREASURER|FINANCE DEPARTMENT|PROBATION|DEPARTMENT|DEPT' %}
with spelled as (
    select
        printed.*,
        -- the Bureau's register turns a unit of a larger body round: "Highway Patrol: Colusa County"
        {{ spelled_name("case when position(': ' in printed.name) > 0 then concat(split_part(printed.name, ': ', 2), ' ', split_part(printed.name, ': ', 1)) else printed.name end") }}
            as spelled,
        {{ spelled_name(regexp_extract("printed.name", ",([^,]*)$", 1)) }} as tail
    from {{ ref('int_identity__printed') }} as printed
),

state_names as (
    select {{ spelled_name('name') }} as spelling, postal from {{ ref('states') }}
    union all
    select postal as spelling, postal from {{ ref('states') }}
    union all
    select spelling, postal from {{ ref('state_spellings') }}
),

-- "City Of Memphis, Tennessee": the tail is the state, not the name
with_state as (
    select
        spelled.printed_id,
        spelled.source,
        spelled.name,
        spelled.city_name,
        {{ regexp_replace_all(spelled_name("coalesce(spelled.county_name, '')"), " (COUNTY|PARISH|BOROUGH|CENSUS AREA|MUNICIPALITY|PLANNING REGION)$", "") }} as county_words,
        spelled.hint,
        spelled.spelled,
        coalesce(spelled.state_code, of_tail.postal, of_whole.postal) as state_code,
        case
            when spelled.state_code is not null then 'the record'
            when of_tail.postal is not null or of_whole.postal is not null then 'the name'
        end as state_from,
        case
            when of_tail.postal is not null and length(spelled.spelled) > length(spelled.tail) + 1
                then substr(spelled.spelled, 1, length(spelled.spelled) - length(spelled.tail) - 1)
            else spelled.spelled
        end as words
    from spelled
    left join state_names as of_tail
        on
            spelled.tail = of_tail.spelling
            and coalesce(spelled.state_code, of_tail.postal) = of_tail.postal
    left join {{ ref('states') }} as of_whole
        on
            {{ regexp_replace_all("spelled.spelled", "^(STATE|GOVERNMENT|COMMONWEALTH) OF (THE )?", "") }} = {{ spelled_name('of_whole.name') }}
            and (spelled.hint = 'state' or {{ regexp_matches("spelled.spelled", "^(STATE|COMMONWEALTH) OF |DISTRICT OF COLUMBIA$") }})
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

kinds as (
    select
        of_state.*,
        -- a form that only a government's name has: "City Of X", "X, City Of"
        {{ regexp_matches("words", "^(THE )?(INCORPORATED )?(" ~ legal ~ ") OF | (" ~ legal ~ ") OF( OFFICE.*| INC)?$") }} as has_legal_form,
        case
            when {{ regexp_matches("words", "(^| )(CITY AND COUNTY|CITY AND BOROUGH|CITY|TOWN|VILLAGE|BOROUGH|TOWNSHIP|MUNICIPALITY) OF ") }}
                or {{ regexp_matches("words", " (CITY AND COUNTY|CITY AND BOROUGH|CITY|TOWN|VILLAGE|BOROUGH|TOWNSHIP|MUNICIPALITY) OF( OFFICE.*| INC)?$") }}
                then nullif({{ regexp_extract("words", "(^| )(CITY AND COUNTY|CITY AND BOROUGH|CITY|TOWN|VILLAGE|BOROUGH|TOWNSHIP|MUNICIPALITY) OF( |$)", 2) }}, '')
            else nullif({{ regexp_extract("words", " (CITY|TOWN|VILLAGE|BOROUGH|TOWNSHIP|TWP)( METROPOLITAN)?( (POLICE|PD|PUBLIC SAFETY|MARSHAL|CONSTABLE|DEPARTMENT).*)?$", 1) }}, '')
        end as printed_legal
    from of_state
),

told as (
    select
        kinds.*,
        {{ regexp_matches("words", "(^| )(POLICE|PD|MARSHAL|MARSHALS|PUBLIC SAFETY)( |$)") }} as is_police,
        {{ regexp_matches("words", "(^| )(SHERIFF|SHERIFFS)( |$)") }} as is_sheriff,
        case
            -- a list that parts states, counties and cities under headings has said it
            when source in ('doj', 'dhs') and hint in ('state', 'county', 'place') then
                case when hint = 'place' and {{ regexp_matches("words", "(^| )(TOWNSHIP|TWP)( |$)") }} then 'town or township' else hint end
            when hint = 'tribe' or {{ regexp_matches("words", "(^| )(TRIBE|TRIBES|TRIBAL|RANCHERIA|INDIAN COMMUNITY|INDIAN RESERVATION|INDIAN NATION|PUEBLO OF|BAND OF)( |$)|NATION$| NATION OF ") }}
                then 'tribe'
            when not has_legal_form and coalesce(hint, '') <> 'place' and {{ regexp_matches("words", "(^| )(FOUNDATION|ASSOCIATION|ASSN|SOCIETY|COALITION|FORUM|CLUBS|CLUB OF|FRATERNAL|ALLIANCE|MINISTRIES|LEAGUE OF|CONFERENCE OF|FEDERATION)( |$)") }}
                then 'organization'
            when {{ regexp_matches("words", "(^| )(SCHOOL|SCHOOLS|ISD|BOARD OF EDUCATION|BOE|BOARD OF SCHOOL|EDUCATIONAL SERVICE|BOCES|UNIFIED SCHOOL)( |$)") }}
                and not (has_legal_form and {{ regexp_matches("words", "^(CITY|TOWN|VILLAGE|BOROUGH|COUNTY) OF ") }})
                then 'school district'
            when hint = 'university' then 'university or college'
            when not has_legal_form
                and {{ regexp_matches("words", "(^| )(UNIVERSITY|UNIVERSITIES|UNIV|COLLEGE|COLLEGES|POLYTECHNIC|INSTITUTE OF TECHNOLOGY|SEMINARY)( |$)") }}
                and not {{ regexp_matches("words", "(^| )(UNIVERSITY|COLLEGE) (CITY|PARK|HEIGHTS|PLACE|STATION|CORNER|SPRINGS|GROVE|HILL|HILLS|CROSSING)( |$)|^STATE COLLEGE( |$)|^(SOUTH |NORTH )?COLLEGE (PARK|STATION)") }}
                then 'university or college'
            when {{ regexp_matches("words", "(^| )(REGIONAL|TASK FORCE|CONSORTIUM|COUNCIL OF GOVERNMENTS|JOINT POWERS|COOPERATIVE|INTERMUNICIPAL|INTERLOCAL|TRI COUNTY|MULTI COUNTY|MULTI JURISDICTIONAL|HIDTA|NARCOTICS TEAM|DRUG TEAM|DRUG UNIT)( |$)") }}
                and not has_legal_form
                and not {{ regexp_matches("words", "(^| )(AIRPORT|TRANSIT|JAIL|PARK|PARKS|HOSPITAL|MEDICAL)( |$)") }}
                then 'several governments'
            when not has_legal_form
                and {{ regexp_matches("words", "(^| )(AIRPORT|HOUSING AUTHORITY|TRANSIT|TRANSPORTATION AUTHORITY|PORT AUTHORITY|AUTHORITY|PARK DISTRICT|FOREST PRESERVE|INTERSTATE|TURNPIKE|TOLLWAY|RAILROAD|RAILWAY|HOSPITAL|MEDICAL CENTER|FIRE DISTRICT|WATER DISTRICT|METROPOLITAN DISTRICT|REGIONAL PARKS|REGIONAL JAIL|LEVEE|HARBOR|WARD [0-9]+|CITY COURT)( |$)") }}
                and not {{ regexp_matches("words", "(^| )(COUNTY|SHERIFF|SHERIFFS)( |$)|^[A-Z ]* HARBOR (POLICE|PD)|^[A-Z ]*HARBOR [A-Z]+ POLICE") }}
                then 'special authority'
            when hint = 'state' and not {{ regexp_matches("words", "^[A-Z ]+ COUNTY (SHERIFF|SHERIFFS)") }} then 'state'
            when {{ regexp_matches("words", "^(STATE|COMMONWEALTH) OF |(^| )(STATE POLICE|HIGHWAY PATROL|STATE PATROL)( |$)|^(GOVERNMENT OF THE )?DISTRICT OF COLUMBIA$") }}
                then 'state'
            when {{ regexp_matches("coalesce(after_state, '')", "^(STATE|DEPARTMENT|DEPT|OFFICE OF|DIVISION OF|BUREAU OF|COMMISSION|BOARD OF|GAMING|GAME|FISH|HIGHWAY|ATTORNEY|NATIONAL GUARD|LOTTERY|AGRICULTURAL|FOREST|COURTS|JUDICIAL|CRIMINAL JUSTICE|WILDLIFE)( |$)") }}
                then 'state'
            when {{ regexp_matches("words", "(^| )(TOWNSHIP|TWP)( |$)") }} then 'town or township'
            when printed_legal = 'TOWN' and state_code in ('CT', 'MA', 'ME', 'NH', 'NY', 'RI', 'VT', 'WI') then 'town or township'
            when has_legal_form and {{ regexp_matches("words", "^(THE )?(COUNTY|PARISH) OF | (COUNTY|PARISH) OF$") }} then 'county'
            when has_legal_form then 'place'
            -- in Pennsylvania a borough or a township has its own constable
            when printed_legal = 'BOROUGH' and state_code <> 'AK' then 'place'
            -- "Washington Police Department, Washington County": the county only says where
            when {{ regexp_matches("words", " (POLICE|PD)( DEPARTMENT)? [A-Z ]+ (COUNTY|PARISH)$") }} then 'place'
            when is_sheriff_words or {{ regexp_matches("words", "[A-Z] (COUNTY|PARISH)( |$)") }} then 'county'
            when state_code = 'AK' and {{ regexp_matches("words", " BOROUGH( |$)") }} then 'county'
            when {{ regexp_matches("words", "^BOARD OF POLICE COMMISSIONERS OF |(^| )(POLICE|PD|MARSHAL|MARSHALS|PUBLIC SAFETY)( |$)| (POLICE|PD) ") }} then 'place'
            when hint = 'county' then 'county'
            when {{ regexp_matches("words", "(^| )(INC|LLC|INCORPORATED|CORPORATION|CORP|INSTITUTE|CENTER|CENTRE|LTD|COMPANY|MOVEMENT)( |$)") }} and coalesce(hint, '') <> 'place' then 'organization'
            when hint in ('place', 'school district', 'special authority', 'organization') then hint
            else 'unknown'
        end as kind
    from (
        select
            kinds.*,
            {{ regexp_matches("words", "(^| )(SHERIFF|SHERIFFS|CONSTABLE|CONSTABLES)( |$)") }} as is_sheriff_words
        from kinds
    ) as kinds
),

bare as (
    select
        told.*,
        -- the legal form in front, twice ("Board of Police Commissioners of the City of X"), the office behind, the form behind
        trim({{ regexp_replace_all(
            regexp_replace_all(
                regexp_replace_all(
                    regexp_replace_all(
                        "case when kind = \u0027county\u0027 then coalesce(nullif(county_front, \u0027\u0027), words) else words end",
                        "^(THE )?(BOARD OF POLICE COMMISSIONERS|POLICE DEPARTMENT|SHERIFFS? OFFICE|GOVERNMENT|CONSOLIDATED GOVERNMENT|UNIFIED GOVERNMENT|METROPOLITAN GOVERNMENT|METRO GOVERNMENT|INCORPORATED|BOARD OF COUNTY COMMISSIONERS|COUNTY COMMISSION|COMMISSIONERS) (OF|FOR) (THE )?", ""),
                    "^(THE )?(INCORPORATED )?(" ~ legal ~ "|STATE|COMMONWEALTH) OF (THE )?", ""),
                " (METROPOLITAN )?(" ~ offices ~ ")( .*)?$", ""),
            "( (" ~ legal ~ ") OF| INC)+$", "") }}) as base
    from (
        select
            told.*,
            {{ regexp_extract("words", "^(.+?) (COUNTY|PARISH)( |$)", 1) }} as county_front,
            {{ regexp_extract("words", " (POLICE|PD)( DEPARTMENT)? ([A-Z ]+) (COUNTY|PARISH)$", 3) }} as county_behind
        from told
    ) as told
)

select
    printed_id,
    source,
    name,
    city_name,
    coalesce(nullif(county_behind, ''), county_words) as county_words,
    hint,
    state_code,
    state_from,
    words,
    kind,
    case when kind in ('state', 'county', 'place', 'tribe') then kind end as level_group,
    nullif(printed_legal, 'TWP') as printed_legal,
    case
        when kind = 'tribe' then {{ regexp_replace_all("base", " (TRIBAL|TRIBAL COUNCIL|TRIBAL NATION|TRIBE|NATION|RANCHERIA|PUEBLO)( .*)?$|^THE ", "") }}
        else {{ regexp_replace_all(regexp_replace_all("base", " (COUNTY|PARISH|METROPOLITAN|INC)$", ""), "^(COUNTY DETECTIVE|COUNTY) ", "") }}
    end as base,
    is_police,
    is_sheriff
from bare
