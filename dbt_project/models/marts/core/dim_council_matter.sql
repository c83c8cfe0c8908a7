with acted as (
    select
        council_matter_key,
        count(*) as actions,
        max(action_on) as last_action_on
    from {{ ref('int_ordinances__council_actions') }}
    group by council_matter_key
),

laws as (
    select
        council_matter_key,
        max(law_on) as law_on
    from {{ ref('int_ordinances__council_events') }}
    group by council_matter_key
),

-- some event of the act, by the council's record or in the ledger, counts for a provision that somebody read or cited
decided as (
    select events.council_matter_key
    from {{ ref('int_ordinances__events') }} as events
    inner join {{ ref('int_ordinances__events') }} as acts
        on
            events.jurisdiction_key = acts.jurisdiction_key
            and (
                events.event_id = acts.event_id
                or (events.instrument = acts.instrument and events.instrument_number = acts.instrument_number)
            )
    inner join {{ ref('int_ordinances__event_provisions') }} as provisions
        on acts.event_id = provisions.policy_event_key
    where events.origin = 'council' and provisions.decides_status
    group by events.council_matter_key
)

select
    matters.council_matter_key,
    matters.jurisdiction_key,
    {{ calendar_key('matters.introduced_on') }} as introduced_date_key,
    matters.source as council_source,
    matters.client as council_client,
    jurisdictions.name as jurisdiction_name,
    matters.matter_id,
    matters.file_number,
    matters.matter_name,
    matters.title,
    matters.type_name,
    matters.instrument,
    matters.outcome_text as status_name,
    matters.body_name,
    matters.introduced_on,
    matters.passed_on,
    matters.enacted_on,
    laws.law_on,
    (
        laws.law_on is not null
        and coalesce(found.is_relevant, false)
        and not matters.is_restricted
        and matters.instrument <> 'other'
        and decided.council_matter_key is null
    ) as is_unread_law,
    matters.enactment_number,
    matters.is_restricted,
    coalesce(found.is_relevant, false) as is_relevant,
    found.terms_hit,
    found.vocabulary_version,
    cast(acted.actions as bigint) as actions,
    acted.last_action_on,
    cast(matters.records_of_number as bigint) as records_of_number,
    matters.last_modified_at,
    matters.address,
    matters._capture_id,
    matters._payload_id,
    matters._record_no,
    matters._kind
from {{ ref('int_ordinances__council_matters') }} as matters
left join {{ ref('int_ordinances__council_found') }} as found
    on matters.council_matter_key = found.council_matter_key
left join acted
    on matters.council_matter_key = acted.council_matter_key
left join laws
    on matters.council_matter_key = laws.council_matter_key
left join decided
    on matters.council_matter_key = decided.council_matter_key
inner join {{ ref('dim_jurisdiction') }} as jurisdictions
    on matters.jurisdiction_key = jurisdictions.jurisdiction_key
union all
select
    {{ unknown_key() }} as council_matter_key,
    {{ unknown_key() }} as jurisdiction_key,
    cast(-1 as bigint) as introduced_date_key,
    'unknown' as council_source,
    'unknown' as council_client,
    'unknown' as jurisdiction_name,
    'unknown' as matter_id,
    cast(null as {{ dbt.type_string() }}) as file_number,
    cast(null as {{ dbt.type_string() }}) as matter_name,
    cast(null as {{ dbt.type_string() }}) as title,
    cast(null as {{ dbt.type_string() }}) as type_name,
    'unknown' as instrument,
    cast(null as {{ dbt.type_string() }}) as status_name,
    cast(null as {{ dbt.type_string() }}) as body_name,
    cast(null as date) as introduced_on,
    cast(null as date) as passed_on,
    cast(null as date) as enacted_on,
    cast(null as date) as law_on,
    false as is_unread_law,
    cast(null as {{ dbt.type_string() }}) as enactment_number,
    false as is_restricted,
    false as is_relevant,
    cast(null as {{ dbt.type_string() }}) as terms_hit,
    cast(null as {{ dbt.type_string() }}) as vocabulary_version,
    cast(null as bigint) as actions,
    cast(null as date) as last_action_on,
    cast(0 as bigint) as records_of_number,
    cast(null as timestamp) as last_modified_at,
    cast(null as {{ dbt.type_string() }}) as address,
    '-' as _capture_id,
    '-' as _payload_id,
    cast(null as bigint) as _record_no,
    'transcribed' as _kind
