-- The ledger beside the councils' own record: what differs is listed, and nothing is decided here.
-- the ledger says "enacted" where a council's record says by which act
with pairs as (
    select
        ledger_pairs.*,
        case
            when event in ('enacted', 'signed', 'adopted', 'amended', 'repealed', 'weakened') then 'law'
            else event
        end as kind_of_act
    from {{ ref('int_ordinances__ledger_pairs') }} as ledger_pairs
    where council_matter_key is not null
),

council_events as (
    select
        events.council_matter_key,
        events.event,
        events.event_on,
        case
            when events.event in ('signed', 'enacted', 'overridden') then 'law'
            when events.event = 'council_passed' and matters.council_instrument = 'resolution' then 'law'
            else events.event
        end as kind_of_act
    from {{ ref('int_ordinances__council_events') }} as events
    inner join (select distinct council_matter_key, council_instrument from pairs) as matters
        on events.council_matter_key = matters.council_matter_key
    where events.event_on is not null
),

counterparts as (
    select
        pairs.event_id,
        pairs.council_matter_key,
        min(council_events.event_on) as council_event_on,
        max(case
            when council_events.event_on between pairs.event_from and pairs.event_to then 1 else 0
        end) as agrees,
        count(council_events.event_on) as council_events
    from pairs
    left join council_events
        on pairs.council_matter_key = council_events.council_matter_key
        and pairs.kind_of_act = council_events.kind_of_act
    group by pairs.event_id, pairs.council_matter_key
),

of_pairs as (
    select
        case
            when counterparts.council_events = 0 then 'event in the ledger only'
            else 'dates differ'
        end as conflict,
        pairs.jurisdiction_key,
        pairs.council_jurisdiction_name as jurisdiction_name,
        pairs.council_instrument as instrument,
        pairs.instrument_number,
        pairs.council_matter_key,
        pairs.event_id as policy_event_key,
        pairs.event,
        pairs.event_from as ledger_from,
        pairs.event_to as ledger_to,
        counterparts.council_event_on,
        pairs.source_status as ledger_source_status,
        pairs.source_citation as ledger_citation,
        pairs.council_address
    from pairs
    inner join counterparts
        on pairs.event_id = counterparts.event_id and pairs.council_matter_key = counterparts.council_matter_key
    where pairs.event_from is not null and counterparts.agrees = 0
),

-- laws of the councils' record that no row of the ledger names
of_councils as (
    select
        'law in the council record only' as conflict,
        events.jurisdiction_key,
        events.jurisdiction_name,
        min(events.instrument) as instrument,
        min(events.instrument_number) as instrument_number,
        events.council_matter_key,
        cast(null as {{ dbt.type_string() }}) as policy_event_key,
        min(events.event) as event,
        cast(null as date) as ledger_from,
        cast(null as date) as ledger_to,
        min(events.event_from) as council_event_on,
        cast(null as {{ dbt.type_string() }}) as ledger_source_status,
        cast(null as {{ dbt.type_string() }}) as ledger_citation,
        min(events.source_citation) as council_address
    from {{ ref('int_ordinances__events') }} as events
    left join (select council_matter_key from pairs group by council_matter_key) as known
        on events.council_matter_key = known.council_matter_key
    where
        events.origin = 'council' and events.event in ('signed', 'enacted', 'overridden', 'repealed')
        and known.council_matter_key is null
    group by events.jurisdiction_key, events.jurisdiction_name, events.council_matter_key
),

-- measures of the ledger from the time that a fetched record covers, and not in it: files and transcriptions are selections
covered as (
    select
        jurisdiction_key,
        min(introduced_on) as first_introduced_on,
        max(introduced_on) as last_introduced_on
    from {{ ref('int_ordinances__council_matters') }}
    where _kind = 'fetched'
    group by jurisdiction_key
),

of_ledger as (
    select
        'instrument in the ledger only' as conflict,
        ledger.jurisdiction_key,
        ledger.jurisdiction_name,
        ledger.ledger_instrument as instrument,
        ledger.instrument_number,
        cast(null as {{ dbt.type_string() }}) as council_matter_key,
        ledger.event_id as policy_event_key,
        ledger.event,
        ledger.event_from as ledger_from,
        ledger.event_to as ledger_to,
        cast(null as date) as council_event_on,
        ledger.source_status as ledger_source_status,
        ledger.source_citation as ledger_citation,
        cast(null as {{ dbt.type_string() }}) as council_address
    from {{ ref('int_ordinances__ledger_pairs') }} as ledger
    inner join covered
        on ledger.jurisdiction_key = covered.jurisdiction_key
        and ledger.event_from between covered.first_introduced_on and covered.last_introduced_on
    where ledger.council_matter_key is null
),

listed as (
    {% for part in ['of_pairs', 'of_councils', 'of_ledger'] %}
    select
        conflict,
        jurisdiction_key,
        jurisdiction_name,
        instrument,
        instrument_number,
        council_matter_key,
        policy_event_key,
        event,
        ledger_from,
        ledger_to,
        council_event_on,
        ledger_source_status,
        ledger_citation,
        council_address
    from {{ part }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    {{ surrogate_key(['conflict', 'policy_event_key', 'council_matter_key']) }} as policy_conflict_key,
    listed.conflict,
    listed.jurisdiction_key,
    jurisdictions.name as jurisdiction_name,
    listed.instrument,
    listed.instrument_number,
    listed.council_matter_key,
    listed.policy_event_key,
    listed.event,
    listed.ledger_from,
    listed.ledger_to,
    listed.council_event_on,
    listed.ledger_source_status,
    listed.ledger_citation,
    listed.council_address
from listed
inner join {{ ref('dim_jurisdiction') }} as jurisdictions
    on listed.jurisdiction_key = jurisdictions.jurisdiction_key
