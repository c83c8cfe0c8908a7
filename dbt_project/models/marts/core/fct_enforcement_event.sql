-- What a federal program did in a county, by the publisher's own table: no policy of the county's, and of no status.
select
    {{ surrogate_key(["'secure communities'", 'programs.county_fips']) }} as enforcement_event_key,
    coalesce(geoids.jurisdiction_key, {{ unresolved_key('programs.county_fips', 'programs.state_code', "'a code without a unit'") }})
        as jurisdiction_key,
    {{ calendar_key('programs.activated_from') }} as activated_date_key,
    'secure communities' as program,
    'activated' as event,
    programs.county_fips,
    programs.county_name,
    programs.state_code,
    geoids.jurisdiction_key is not null as is_resolved,
    programs.activated_from as event_from,
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'programs.activated_from')) }} as date) as event_to,
    case when programs.activated_from is null then 'unknown' else 'month' end as date_precision,
    programs._capture_id,
    programs._payload_id,
    programs._record_no,
    programs._kind
from {{ ref('stg_ice__secure_communities') }} as programs
left join {{ ref('int_identity__geoids') }} as geoids
    on programs.county_fips = geoids.geoid
