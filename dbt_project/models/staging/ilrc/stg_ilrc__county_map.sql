-- One line a county and provision that is marked; support_type says which. A line of two digits is a state's own jails.
with marked as (
    {% for provision in declared_ilrc_provisions() %}
    select
        base.*,
        '{{ provision }}' as provision_code
    from {{ ref('base_ilrc__county_map') }} as base
    where _fate = 'staged' and {{ provision }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

named as (
    select
        marked.*,
        case when length(geoid) = 2 then 'state' else 'county' end as unit_level
    from marked
)

select
    state_code as state_as_printed,
    case when unit_level = 'state' then {{ regexp_replace_all('county_name', '^State of ', '') }} else county_name end as listed_name,
    unit_level as listed_level,
    unit_level as hint,
    cast(null as {{ dbt.type_string() }}) as county_name,
    provision_code as support_type,
    cast(null as date) as signed_on,
    cast(null as {{ dbt.type_string() }}) as signed_unread,
    geoid,
    jail_name,
    policy_title,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from named
