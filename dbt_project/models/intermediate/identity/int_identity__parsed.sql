-- What the words of a printed name say: kind of body, state, bare name. No list of units is looked at here.
{%- set municipal = 'CITY AND COUNTY|CITY AND BOROUGH|CHARTER TOWNSHIP|CITY|TOWN|VILLAGE|BOROUGH|TOWNSHIP|MUNICIPALITY' %}
{%- set legal = municipal ~ '|COUNTY|PARISH' %}
{#- a city and its county in one: "Metropolitan Government of Nashville & Davidson County", "Lafayette City-Parish" -#}
{%- set merged_forms = 'METRO GOVERNMENT|METROPOLITAN GOVERNMENT|CONSOLIDATED GOVERNMENT|UNIFIED GOVERNMENT|CONSOLIDATED CITY|CITY AND COUNTY|CITY PARISH|CITY COUNTY GOVERNMENT|URBAN COUNTY GOVERNMENT' %}
{%- set offices = 'POLICE|PD|PUBLIC SAFETY|MARSHALS?|SHERIFFS?|CONSTABLES?|CORRECTIONS?|CORRECTIONAL|DETENTION|JAIL|LAW ENFORCEMENT|DISTRICT ATTORNEYS?|PROSECUTORS?|PROSECUTING|FIRE (DEPARTMENT|AND|RESCUE|MARSHAL|BUREAU|INVESTIGATION)|PUBLIC SCHOOLS|BOARD OF COUNTY COMMISSIONERS|BOARD OF COMMISSIONERS|COUNTY COMMISSIONERS|OFFICE OF|DEPARTMENT OF|DIVISION OF|BUREAU OF|COMMON COUNCIL|TREASURER|FINANCE DEPARTMENT|PROBATION|DEPARTMENT|DEPT' %}
{#- what may follow "X County" where the county itself is meant -#}
{%- set county_offices = 'SHERIFFS?|POLICE|PD|DEPARTMENT|DEPT|OFFICE|OFFICES|GOVERNMENT|BOARD OF (COUNTY )?(COMMISSIONERS?|SUPERVISORS|FREEHOLDERS|CHOSEN FREEHOLDERS)|COMMISSIONERS?|COMMISSION|FISCAL COURT|COURTS?|COURTHOUSE|ATTORNEYS?|STATES ATTORNEYS?|DISTRICT ATTORNEYS?|COMMONWEALTHS? ATTORNEYS?|COUNTY ATTORNEYS?|PROSECUTORS?|PROSECUTING|PUBLIC DEFENDERS?|CORRECTIONS?|CORRECTIONAL|DETENTION|JAIL|PROBATION|PUBLIC SAFETY|LAW ENFORCEMENT|CONSTABLES?|MARSHALS?|DETECTIVES?|CLERKS?|TREASURERS?|AUDITORS?|CORONERS?|MEDICAL EXAMINERS?|JUDGES?|EXECUTIVE|LEGISLATURE|QUORUM COURT|BOCC|BUREAU|DIVISION|COMMUNITY CORRECTIONS|JUVENILE|FAMILY COURT|SUPERIOR COURT|DISTRICT COURT|CIRCUIT COURT|HEALTH DEPARTMENT|HUMAN SERVICES|SOCIAL SERVICES|EMERGENCY MANAGEMENT|EMERGENCY SERVICES|FIRE|INFORMATION TECHNOLOGY|FINANCE|PUBLIC HEALTH|PUBLIC WORKS|BEHAVIORAL HEALTH|CRIME LAB|INC$|CHARTER$|CONSOLIDATED GOVERNMENT|METRO' %}
{%- set not_its_own = '(DISTRICT ATTORNEYS?|DISTRICT COURTS?|DISTRICT OF COLUMBIA|(CONSTABLES?|PRECINCT) DISTRICT|[A-Z]* ?SCHOOL DISTRICTS?|JUDICIAL DISTRICT|POLICE DISTRICT|DISTRICT [0-9]+)' %}
with inverted as (
    select
        printed.*,
        -- "Detroit, City Of", "Corrections, Oklahoma Dept Of", "Denver, City and County": what stands behind the last comma opens the name
        case
            when {{ regexp_matches("upper(printed.name)", ",[^,]* (OF|FOR)( THE)?[. ]*$|, *(THE|CITY|COUNTY|TOWN|VILLAGE|BOROUGH|TOWNSHIP|CITY (AND|&) COUNTY)[. ]*$") }}
                then concat(
                    {{ regexp_extract("printed.name", ",([^,]*)$", 1) }},
                    case when {{ regexp_matches("upper(printed.name)", " (OF|FOR|THE)[. ]*$|, *THE[. ]*$") }} then ' ' else ' OF ' end,
                    {{ regexp_extract("printed.name", "^(.*),[^,]*$", 1) }}
                )
            -- the Bureau's register turns a unit of a larger body round: "Highway Patrol: Colusa County"; a city's own department stays
            when position(': ' in printed.name) > 0 and not {{ regexp_matches("upper(printed.name)", "^[A-Z ]+ CITY DEPARTMENT") }}
                then concat(split_part(printed.name, ': ', 2), ' ', split_part(printed.name, ': ', 1))
            -- "City and County of Denver - Denver Police Department"
            when position(' - ' in printed.name) > 0 and {{ regexp_matches("upper(printed.name)", "^(THE )?(CITY|COUNTY|TOWN|VILLAGE|BOROUGH|TOWNSHIP|CITY (AND|&) COUNTY) OF ") }}
                then split_part(printed.name, ' - ', 1)
            else printed.name
        end as upright
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
    select {{ spelled_name('name') }} as spelling, postal from {{ ref('states') }}
    union all
    select postal as spelling, postal from {{ ref('states') }}
    union all
    select spelling, postal from {{ ref('state_spellings') }}
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
        {{ regexp_replace_all("words", not_its_own, "") }} as words_without_districts,
        {{ regexp_extract("words", "^(.+?) (COUNTY|PARISH)( (.*))?$", 1) }} as county_front,
        {{ regexp_extract("words", "^(.+?) (COUNTY|PARISH)( (.*))?$", 4) }} as county_rest,
        case
            when {{ regexp_matches("words", "(^| )(" ~ municipal ~ ") OF ") }} or {{ regexp_matches("words", " (" ~ municipal ~ ") OF( OFFICE.*| INC)?$") }}
                then nullif({{ regexp_extract("words", "(^| )(" ~ municipal ~ ") OF( |$)", 2) }}, '')
            else nullif({{ regexp_extract("words", " (CITY|TOWN|VILLAGE|BOROUGH|TOWNSHIP|TWP)( METROPOLITAN)?( (POLICE|PD|PUBLIC SAFETY|MARSHAL|CONSTABLE|CONSTABLES|DEPARTMENT|[A-Z]+ COUNTY).*)?$", 1) }}, '')
        end as printed_legal
    from of_state
),

told as (
    select
        forms.*,
        case
            -- a list that parts states, counties and cities under headings has said it
            when source in ('doj', 'dhs') and hint in ('state', 'county', 'place') then
                case when hint = 'place' and {{ regexp_matches("words", "(^| )(TOWNSHIP|TWP)( |$)") }} then 'town' else hint end
            when hint = 'tribe' or {{ regexp_matches("words", "(^| )(TRIBE|TRIBES|TRIBAL|RANCHERIA|INDIAN COMMUNITY|INDIAN RESERVATION|INDIAN NATION|PUEBLO OF|BAND OF)( |$)|NATION$| NATION OF ") }}
                then 'tribe'
            when not has_legal_form and coalesce(hint, '') not in ('place', 'county', 'state')
                and {{ regexp_matches("words", "(^| )(FOUNDATION|ASSOCIATION|ASSN|SOCIETY|COALITION|FORUM|CLUBS|CLUB OF|FRATERNAL|ALLIANCE|MINISTRIES|LEAGUE OF|URBAN LEAGUE|CONFERENCE OF|FEDERATION|CHAMBER OF COMMERCE|LEGAL AID|LEGAL SERVICES|UNITED WAY|YMCA|YWCA|COMMUNITY ACTION|FOOD BANK|BIG BROTHERS|BIG SISTERS|BOYS AND GIRLS|HABITAT FOR HUMANITY|GOODWILL|PARTNERSHIP|FRIENDS OF|CATHOLIC CHARITIES|LUTHERAN|JEWISH|SALVATION ARMY|NETWORK|HOSPICE|CRISIS CENTER|RESOURCE CENTER|ADVOCACY CENTER|WOMENS CENTER|FAMILY CENTER|COUNCIL ON|OPPORTUNITY COUNCIL|COUNCIL INC|NFP|LLC|FUND)( |$)") }}
                then 'organization'
            when {{ regexp_matches("words", "(^| )(SCHOOL|SCHOOLS|ISD|BOARD OF EDUCATION|BOE|BOARD OF SCHOOL|EDUCATIONAL SERVICE|EDUCATION SERVICE|BOCES|UNIFIED SCHOOL)( |$)") }}
                and not (has_legal_form and {{ regexp_matches("words", "^(CITY|TOWN|VILLAGE|BOROUGH|COUNTY) OF ") }})
                then 'school district'
            when hint = 'university' then 'university or college'
            when not has_legal_form
                and {{ regexp_matches("words", "(^| )(UNIVERSITY|UNIVERSITIES|UNIV|COLLEGE|COLLEGES|POLYTECHNIC|INSTITUTE OF TECHNOLOGY|SEMINARY)( |$)") }}
                and not {{ regexp_matches("words", "(^| )(UNIVERSITY|COLLEGE) (CITY|PARK|HEIGHTS|PLACE|STATION|CORNER|SPRINGS|GROVE|HILL|HILLS|CROSSING)( |$)|^STATE COLLEGE( |$)|^(SOUTH |NORTH )?COLLEGE (PARK|STATION)") }}
                then 'university or college'
            when {{ regexp_matches("words", "(^| )(REGIONAL|TASK FORCE|STRIKE FORCE|CONSORTIUM|COUNCIL OF GOVERNMENTS|JOINT POWERS|COOPERATIVE|INTERMUNICIPAL|INTERLOCAL|TRI COUNTY|MULTI COUNTY|MULTI JURISDICTIONAL|HIDTA|NARCOTICS TEAM|ENFORCEMENT TEAM|DRUG TEAM|DRUG UNIT)( |$)") }}
                and not has_legal_form
                and not {{ regexp_matches("words", "(^| )(AIRPORT|TRANSIT|JAIL|PARK|PARKS|HOSPITAL|MEDICAL|AUTHORITY)( |$)") }}
                then 'several governments'
            -- state bodies whose names have a special authority's word in them
            when {{ regexp_matches("words", "^(GOVERNORS? |STATE )?(OFFICE OF |DIVISION OF |DEPARTMENT OF |BUREAU OF )?(THE )?CRIMINAL JUSTICE (INFORMATION AUTHORITY|COMMISSION|PLANNING|SERVICES|COORDINATING|DIVISION|COUNCIL)( |$)") }}
                and not {{ regexp_matches("words", "(^| )(COUNTY|CITY|PARISH)( |$)") }}
                then 'state'
            when {{ regexp_matches("coalesce(after_state, '')", "^CRIMINAL JUSTICE ") }} then 'state'
            -- railroads, airports, transit, parks, housing, hospitals, water, fire: they sit in a county and are no agency of it
            when not is_sheriff_words and (
                {{ regexp_matches("words", "(^| )(HOUSING AUTHORITY|PORT AUTHORITY|TRANSIT AUTHORITY|TRANSPORTATION AUTHORITY|AIRPORT AUTHORITY|AVIATION AUTHORITY|PARK AUTHORITY|WATER AUTHORITY)( |$)") }}
                or (not has_legal_form and (
                    {{ regexp_matches("words", "(^| )(AUTHORITY|AIRPORT|AIRPORTS|TRANSPORTATION DISTRICT|RAPID TRANSIT|TRANSIT|INTERSTATE|TURNPIKE|TOLLWAY|RAILROAD|RAILWAY|METROPARK|METROPARKS|FOREST PRESERVES?|NATIONAL CAPITAL PARK|REGIONAL PARKS|REGIONAL JAIL|REGIONAL PARK|HARBOR DISTRICT|WARD [0-9]+|CITY COURT|HOUSING COMMISSION|LIBRARY SYSTEM|COMMUNITY SERVICES BOARD|RECOVERY BOARD|WORKFORCE (DEVELOPMENT )?BOARD|WORKFORCE SOLUTIONS)( |$)|(^| )(COUNTY|PARISH) PARKS?( |$)|^PORT OF |^PARK POLICE( |$)") }}
                    or ({{ regexp_matches("words_without_districts", "(^| )DISTRICTS?( |$)") }} and coalesce(hint, '') <> 'state' and not (is_police and not {{ regexp_matches("words", "(^| )(PARK|WATER|LEVEE|HOSPITAL|CONSERVATION) DISTRICT( |$)") }}))
                    or (coalesce(hint, '') <> 'state' and {{ regexp_matches("words", "(^| )(HOSPITAL|HOSPITALS|MEDICAL CENTER|LEVEE|HARBOR|PARKS AND RECREATION|ALCOHOL(IC)? BEVERAGE CONTROL)( |$)|COUNTY PARK POLICE") }}
                        and not {{ regexp_matches("words", "^[A-Z ]* HARBOR (POLICE|PD)|^[A-Z ]*HARBOR [A-Z]+ POLICE| HARBOR$") }})
                ))
            ) then 'special authority'
            -- a township's or a borough's constable, whosever officer he calls himself
            when {{ regexp_matches("words", "(^| )(TOWNSHIP|TWP)( |$)") }} and {{ regexp_matches("words", "(^| )(CONSTABLE|CONSTABLES|POLICE|PD)( |$)") }} then 'town'
            when {{ regexp_matches("words", "(^| )DISTRICT OF COLUMBIA( |$)") }}
                or (state_code = 'DC' and {{ regexp_matches("words", "(^| )(POLICE|DEPARTMENT|OFFICE|GOVERNMENT|COURT|COURTS|COUNCIL|MAYOR|CORRECTIONS)( |$)|^DC ") }} and not {{ regexp_matches("words", "(^| )(NATIONAL|AMERICAN|INC|FOUNDATION|INTERNATIONAL)( |$)") }})
                then 'state'
            when hint = 'state' and not {{ regexp_matches("words", "^[A-Z ]+ COUNTY (SHERIFF|SHERIFFS)") }} then 'state'
            when {{ regexp_matches("words", "^(STATE|COMMONWEALTH) OF | (STATE|COMMONWEALTH) OF [A-Z ]+$|(^| )GOVERNMENT OF THE [A-Z ]*ISLANDS$|(^| )(STATE POLICE|HIGHWAY PATROL|STATE PATROL)( |$)") }}
                then 'state'
            when {{ regexp_matches("coalesce(after_state, '')", "^(STATE|DEPARTMENT|DEPT|OFFICE OF|OFFICE FOR|DIVISION OF|DIVISION FOR|BUREAU OF|CENTER FOR|COMMISSION|BOARD OF|COUNCIL ON|COUNCIL FOR|GAMING|GAME|FISH|HIGHWAY|ATTORNEY|NATIONAL GUARD|LOTTERY|AGRICULTURAL|FOREST|COURTS|JUDICIAL|SUPREME COURT|CRIMINAL JUSTICE|WILDLIFE|DRUG ENFORCEMENT|CRIME VICTIMS?|EMERGENCY MANAGEMENT|PUBLIC SAFETY)( |$)") }}
                and not {{ regexp_matches("words", "(^| )(CITY|COUNTY|PARISH)( |$)") }}
                then 'state'
            when {{ regexp_matches("words", "^(THE )?(OFFICE OF (THE )?)?ATTORNEY GENERAL") }} then 'state'
            when ends_with_state and {{ regexp_matches("words", "^(DEPARTMENT|DEPT|DIVISION|OFFICE|BUREAU) (OF|FOR) ") }} and not {{ regexp_matches("words", "(^| )(CITY|COUNTY|TOWN|PARISH)( |$)") }}
                then 'state'
            when {{ regexp_matches("words", "(^| )(TOWNSHIP|TWP)( |$)") }} then 'town'
            when printed_legal = 'TOWN' and state_code in ('CT', 'MA', 'ME', 'NH', 'NY', 'RI', 'VT', 'WI') then 'town'
            when has_merged_form then 'place'
            when has_legal_form and {{ regexp_matches("words", "^(THE )?(COUNTY|PARISH) OF | (COUNTY|PARISH) OF$") }} then 'county'
            when has_legal_form then 'place'
            -- in Pennsylvania a borough or a township has its own constable
            when printed_legal = 'BOROUGH' and state_code <> 'AK' then 'place'
            when {{ regexp_matches("words", "(^| )(INC|LLC|INCORPORATED|CORPORATION|CORP|INSTITUTE|LTD|COMPANY|MOVEMENT)( |$)") }} and coalesce(hint, '') not in ('place', 'county') and not is_police and not is_sheriff_words
                then 'organization'
            when hint in ('organization', 'special authority') and not is_police and not is_sheriff_words then hint
            -- "Washington Police Department, Washington County": the county only says where
            when {{ regexp_matches("words", " (POLICE|PD)( DEPARTMENT)? [A-Z ]+ (COUNTY|PARISH)$") }} then 'place'
            when is_sheriff_words or (hint = 'county' and {{ regexp_matches("words", "[A-Z] (COUNTY|PARISH)( |$)") }}) then 'county'
            when {{ regexp_matches("words", "[A-Z] (COUNTY|PARISH)( |$)") }} then
                case
                    when county_rest = '' or {{ regexp_matches("county_rest", "^(COUNTY )?(" ~ county_offices ~ ")( |$)| (DEPARTMENT|DEPT|OFFICE|DIVISION|MANAGEMENT)$") }} or {{ regexp_matches("county_front", "^(OFFICE OF |BOARD OF |DISTRICT ATTORNEY|SHERIFF)") }}
                        then 'county'
                    when {{ regexp_matches("words", "(^| )(CENTER|CENTRE|SERVICES|PROGRAM|PROGRAMS|PROJECT|COUNCIL|ASSISTANCE)( |$)") }} then 'organization'
                    else 'unknown'
                end
            when state_code = 'AK' and {{ regexp_matches("words", " BOROUGH( |$)") }} then 'county'
            when {{ regexp_matches("words", "^BOARD OF POLICE COMMISSIONERS OF |(^| )(POLICE|PD|MARSHAL|MARSHALS|PUBLIC SAFETY|FIRE DEPARTMENT|FIRE AND EMERGENCY)( |$)| (POLICE|PD) ") }} then 'place'
            when hint = 'county' then 'county'
            when {{ regexp_matches("words", "(^| )(CENTER|CENTRE)( |$)") }} and coalesce(hint, '') <> 'place' then 'organization'
            when hint in ('place', 'school district', 'special authority', 'organization') then hint
            -- the announcements list law-enforcement agencies alone; "Port Chester Village" ends with its legal word
            when source = 'cops' or {{ regexp_matches("words", "[A-Z] (CITY|TOWN|VILLAGE|BOROUGH)$") }} then 'place'
            else 'unknown'
        end as kind
    from forms
),

bare as (
    select
        told.*,
        -- the office in front, the legal form in front, twice ("Board of Police Commissioners of the City of X"), the office behind, the form behind
        trim({{ regexp_replace_all(
            regexp_replace_all(
                regexp_replace_all(
                    regexp_replace_all(
                        regexp_replace_all(
                            "case when kind = \u0027county\u0027 then coalesce(nullif(county_front, \u0027\u0027), words) when kind = \u0027town\u0027 then coalesce(nullif(town_front, \u0027\u0027), words) else words end",
                            "^(THE )?(BOARD OF POLICE COMMISSIONERS|POLICE DEPARTMENT|SHERIFFS? OFFICE|OFFICE|GOVERNMENT|CONSOLIDATED GOVERNMENT|CONSOLIDATED CITY|UNIFIED GOVERNMENT|METROPOLITAN GOVERNMENT|METRO GOVERNMENT|INCORPORATED|BOARD OF COUNTY COMMISSIONERS|COUNTY COMMISSION|COMMISSIONERS) (OF|FOR) (THE )?", ""),
                        "^(OFFICE OF )?(THE )?(DISTRICT ATTORNEYS?|PROSECUTING ATTORNEYS?|PROSECUTORS?|SHERIFFS?) (OF |FOR )?(THE )?", ""),
                    "^(THE )?(INCORPORATED )?(" ~ legal ~ "|STATE|COMMONWEALTH) OF (THE )?", ""),
                " ((METROPOLITAN )?(" ~ offices ~ ")|(" ~ merged_forms ~ ")( CONSOLIDATED GOVERNMENT)?)( .*)?$", ""),
            "( (" ~ legal ~ ") OF| INC| CHARTER)+$", "") }}) as base
    from (
        select
            told.*,
            {{ regexp_replace_all(regexp_extract("words", "^(.*?) (CHARTER TOWNSHIP|TOWNSHIP|TWP)( |$)", 1), "^[A-Z ]*CONSTABLES?( OFFICE)?( OF)? ", "") }} as town_front,
            coalesce(
                nullif({{ regexp_extract("words", "^.* (POLICE|PD)( DEPARTMENT)? ([A-Z ]+) (COUNTY|PARISH)$", 3) }}, ''),
                nullif({{ regexp_extract("words", " (TOWNSHIP|TWP) ([A-Z ]+) COUNTY( .*)?$", 2) }}, '')
            ) as county_behind
        from told
    ) as told
),

counties_beside as (
    select
        bare.*,
        {{ regexp_replace_all(spelled_name("split_part(coalesce(county_name, ''), ';', 1)"), " (COUNTY|PARISH|BOROUGH|CENSUS AREA|MUNICIPALITY|PLANNING REGION)$", "") }} as county_words,
        {{ regexp_replace_all(spelled_name("split_part(coalesce(county_name, ''), ';', 2)"), " (COUNTY|PARISH|BOROUGH|CENSUS AREA|MUNICIPALITY|PLANNING REGION)$", "") }} as second_county_words
    from bare
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
    case when kind in ('state', 'county', 'place', 'town', 'tribe') then kind end as level_group,
    nullif(printed_legal, 'TWP') as printed_legal,
    case
        when kind = 'tribe' then {{ regexp_replace_all("base", " (TRIBAL|TRIBAL COUNCIL|TRIBAL NATION|TRIBE|NATION|RANCHERIA|PUEBLO)( .*)?$|^THE ", "") }}
        else {{ regexp_replace_all(regexp_replace_all("base", " (COUNTY|PARISH|METROPOLITAN|INC)$", ""), "^(COUNTY DETECTIVE|COUNTY) ", "") }}
    end as base,
    is_police,
    is_sheriff
from counties_beside
