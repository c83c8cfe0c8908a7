-- Every printed name in a fact that no unit was found for, once for all the facts that have it.
with every_mention as (
    select
        jurisdiction_key, recipient_name as name, state_code, recipient_kind as kind, _capture_id, _payload_id, _kind
    from {{ ref('int_identity__recipients') }}
    where not is_resolved
    union all
    select jurisdiction_key, agency_name as name, state_code, agency_kind as kind, _capture_id, _payload_id, _kind
    from {{ ref('int_crime__agencies') }}
    where not is_resolved
    union all
    select
        jurisdiction_key, ori as name, cast(null as {{ dbt.type_string() }}) as state_code, 'unknown' as kind,
        _capture_id, _payload_id, _kind
    from {{ ref('int_crime__unregistered') }}
    union all
    select jurisdiction_key, agency_name as name, state_code, agency_kind as kind, _capture_id, _payload_id, _kind
    from {{ ref('int_awards__statements') }}
    where not is_resolved
    union all
    select
        names.jurisdiction_key, spells.listed_name as name, names.state_code, names.kind, spells._capture_id,
        spells._payload_id, spells._kind
    from {{ ref('int_ordinances__spells') }} as spells
    inner join {{ ref('int_identity__resolved') }} as names
        on spells.printed_id = names.printed_id
    where not names.is_resolved
    union all
    select
        names.jurisdiction_key, table8.city as name, names.state_code, names.kind, table8._capture_id,
        table8._payload_id, table8._kind
    from {{ ref('stg_fbi__table8') }} as table8
    inner join {{ ref('int_identity__resolved') }} as names
        on {{ printed_id("'fbi'", 'table8.city', 'table8.state_code', 'cast(null as ' ~ dbt.type_string() ~ ')', 'cast(null as ' ~ dbt.type_string() ~ ')', "'place'") }} = names.printed_id
    where not names.is_resolved
    union all
    -- the ledger names a unit by its code; a code that is in no list of the Census means no unit
    select
        {{ unresolved_key('events.geoid', 'cast(null as ' ~ dbt.type_string() ~ ')', "'a code without a unit'") }} as jurisdiction_key,
        events.jurisdiction_name as name, cast(null as {{ dbt.type_string() }}) as state_code, 'unknown' as kind,
        events._capture_id, events._payload_id, events._kind
    from {{ ref('stg_ledger__policy_events') }} as events
    left join {{ ref('int_identity__geoids') }} as geoids
        on events.geoid = geoids.geoid
    where geoids.geoid is null
    union all
    -- a county of a federal program that the Census no longer has
    select
        {{ unresolved_key('programs.county_fips', 'programs.state_code', "'a code without a unit'") }} as jurisdiction_key,
        programs.county_name as name, programs.state_code, 'county' as kind,
        programs._capture_id, programs._payload_id, programs._kind
    from {{ ref('stg_ice__secure_communities') }} as programs
    left join {{ ref('int_identity__geoids') }} as geoids
        on programs.county_fips = geoids.geoid
    where geoids.geoid is null
    union all
    select
        jurisdiction_key, name, cast(null as {{ dbt.type_string() }}) as state_code, 'unknown' as kind, _capture_id,
        _payload_id, _kind
    from {{ ref('int_ordinances__council_units') }}
    where not is_resolved
),

ranked as (
    select
        every_mention.*,
        row_number() over (partition by jurisdiction_key order by name, _capture_id, _payload_id) as nth
    from every_mention
    -- if nothing is printed, only the unknown member is left
    where jurisdiction_key <> {{ unknown_key() }}
)

select
    ranked.jurisdiction_key,
    ranked.name,
    {{ spelled_name('ranked.name') }} as name_normalized,
    ranked.kind,
    ranked.state_code,
    states.fips as state_fips,
    ranked._capture_id,
    ranked._payload_id,
    ranked._kind
from ranked
left join {{ ref('states') }} as states
    on ranked.state_code = states.postal
where ranked.nth = 1
