-- City police to places, sheriffs and county police to counties, by name and state.
with worded as (
    select
        agencies.*,
        case
            when agencies.agency_type in ('City', 'Municipality', 'City and Borough') then 'place'
            when agencies.agency_type in ('County', 'Parish', 'Borough', 'Census Area') then 'county'
        end as level_group,
        trim({{ regexp_replace_all(
            regexp_replace_all(normalize_name('agencies.agency_name'), ' (POLICE DEPARTMENT|SHERIFF.*)$', ''),
            ' COUNTY( POLICE)?$', '') }}) as unit_name
    from {{ ref('stg_fbi__agencies') }} as agencies
)

select
    worded.ori,
    worded.state_code,
    worded.agency_name,
    worded.agency_type,
    worded.counties,
    worded.is_nibrs,
    worded.nibrs_start_on,
    worded.latitude,
    worded.longitude,
    coalesce(names.jurisdiction_key, consolidated.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    case
        when names.jurisdiction_key is not null then concat(names.method, ', state and level')
        when consolidated.jurisdiction_key is not null then 'consolidated government, by the city of that name'
        when worded.level_group is null then 'not a general government'
        else 'unresolved'
    end as match_method,
    cast(case
        when names.jurisdiction_key is not null then 1.0
        when consolidated.jurisdiction_key is not null then 0.9
    end as double) as match_score,
    concat(worded.unit_name, ', ', worded.state_code, ' as ', coalesce(worded.level_group, worded.agency_type, 'unknown'))
        as match_evidence,
    worded._capture_id,
    worded._payload_id,
    worded._record_no,
    worded._kind
from worded
left join {{ ref('int_identity__names') }} as names
    on
        worded.unit_name = names.name_normalized
        and worded.state_code = names.state_code
        and worded.level_group = names.level_group
left join {{ ref('int_identity__units') }} as consolidated
    on
        worded.unit_name = consolidated.name_normalized
        and worded.state_code = consolidated.state_code
        and consolidated.level = 'consolidated'
        and worded.level_group = 'county'
