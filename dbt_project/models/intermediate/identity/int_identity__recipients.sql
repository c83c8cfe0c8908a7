-- Deterministic and explainable: the kind from the words, the state from the address or the name, then the lists.
with worded as (
    select
        recipients.*,
        trim({{ regexp_replace_all(
            regexp_replace_all("upper(coalesce(recipient_name, 'not named'))", "[.]", ""), "[^A-Z0-9&]+", " ") }}) as words
    from {{ ref('int_awards__recipients') }} as recipients
),

kinds as (
    select
        worded.*,
        case
            when {{ regexp_matches('words', 'FOUNDATION|ASSOCIATION') }} then 'organization'
            when {{ regexp_matches('words', '(^| )SCHOOL|BOARD OF EDUCATION') }} then 'school district'
            when {{ regexp_matches('words', '^CITY OF |^TOWN OF |^VILLAGE OF | CITY OF$| BOROUGH OF$| TOWN OF$| CITY OF OFFICE ') }}
                then 'place'
            when {{ regexp_matches('words', '^BOARD OF POLICE COMMISSIONERS OF | POLICE DEPARTMENT$|DISTRICT OF COLUMBIA') }}
                then 'place'
            when {{ regexp_matches('words', '^COUNTY OF | COUNTY OF$| COUNTY$| COUNTY [A-Z]+$|SHERIFF') }} then 'county'
            when {{ regexp_matches('words', 'UNIV|COLLEGE') }} then 'university or college'
            when {{ regexp_matches('words', ' INC$|INCORPORATED|FOUNDATION|INSTITUTE|ASSOCIATION|FORUM|CLUBS|CONFERENCE OF') }}
                then 'organization'
            when {{ regexp_matches('words', 'TRIBE|NATION$|PUEBLO|BAND OF') }} then 'tribe'
            else 'unknown'
        end as recipient_kind,
        {{ regexp_replace_all(
            regexp_replace_all(
                "words",
                "^(BOARD OF POLICE COMMISSIONERS|GOVERNMENT|CITY|TOWN|VILLAGE|COUNTY) OF (THE )?", ""),
            "( METROPOLITAN POLICE DEPARTMENT| POLICE DEPARTMENT| SHERIFF.*| CITY OF OFFICE OF .*| INC CITY OF| (CITY|TOWN|BOROUGH|COUNTY) OF)$",
            "") }} as bare_name
    from worded
),

with_state as (
    select
        kinds.*,
        coalesce(
            kinds.recipient_state_code,
            states.postal,
            case when kinds.bare_name = 'DISTRICT OF COLUMBIA' then 'DC' end
        ) as state_code,
        case when kinds.recipient_state_code is not null then 'address' else 'name' end as state_from,
        trim({{ regexp_replace_all(
            regexp_replace_all(
                "case when states.postal is not null then substr(kinds.bare_name, 1, length(kinds.bare_name) - length(states.name) - 1) else kinds.bare_name end",
                " COUNTY$", ""),
            "^ST ", "SAINT ") }}) as unit_name,
        case
            when kinds.recipient_kind = 'place' then 'place'
            when kinds.recipient_kind = 'county' then 'county'
        end as level_group
    from kinds
    left join {{ ref('states') }} as states
        on kinds.bare_name like concat('% ', upper(states.name))
),

matched as (
    select
        with_state.*,
        by_state.jurisdiction_key as state_match,
        by_state.method as state_match_method,
        only_large.jurisdiction_key as large_match
    from with_state
    left join {{ ref('int_identity__names') }} as by_state
        on
            with_state.unit_name = by_state.name_normalized
            and with_state.state_code = by_state.state_code
            and with_state.level_group = by_state.level_group
    left join {{ ref('int_identity__large_names') }} as only_large
        on
            with_state.unit_name = only_large.name_normalized
            and with_state.level_group = only_large.level_group
            and with_state.state_code is null
)

select
    recipient_id,
    recipient_id_kind,
    recipient_name,
    recipient_uei,
    recipient_duns,
    state_code,
    recipient_kind,
    coalesce(state_match, large_match, {{ unknown_key() }}) as jurisdiction_key,
    case
        when state_match is not null then concat(state_match_method, ' and state from the ', state_from)
        when large_match is not null then 'the only large unit of that name'
        when level_group is null then 'not a general government'
        else 'unresolved'
    end as match_method,
    cast(case when state_match is not null then 1.0 when large_match is not null then 0.8 end as double) as match_score,
    case
        when state_match is not null then concat(unit_name, ', ', state_code, ' as ', level_group)
        when large_match is not null
            then concat(unit_name, ' as ', level_group, '; no state in the record, no other captured unit of 100,000 people has the name')
        when level_group is null then concat('its words say: ', recipient_kind)
        when state_code is null then concat(unit_name, ' as ', level_group, '; no state in the record')
        else concat(unit_name, ', ', state_code, ' as ', level_group, ': no such captured unit')
    end as match_evidence,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from matched
