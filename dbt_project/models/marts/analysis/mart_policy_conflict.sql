-- The ledger beside the councils' own record: what differs is listed, and nothing is decided here. An instrument of
-- the ledger is the council's where its number names the council's file or enactment, as whole words.
with matters as (
    select
        matters.council_matter_key,
        matters.jurisdiction_key,
        matters.jurisdiction_name,
        matters.file_number,
        matters.enactment_number,
        matters.instrument,
        matters.address,
        {{ council_lower(council_words("coalesce(matters.file_number, '')")) }} as file_words,
        {{ council_lower(council_words("coalesce(matters.enactment_number, '')")) }} as enactment_words
    from {{ ref('int_ordinances__council_matters') }} as matters
    inner join {{ ref('int_ordinances__council_found') }} as found
        on matters.council_matter_key = found.council_matter_key
    where found.is_relevant and matters.instrument <> 'other'
),

ledger as (
    select
        event_id,
        jurisdiction_key,
        jurisdiction_name,
        instrument,
        instrument_number,
        event,
        event_from,
        event_to,
        source_status,
        source_citation,
        {{ council_lower(council_words("coalesce(instrument_number, '')")) }} as number_words
    from {{ ref('int_ordinances__events') }}
    where
        origin = 'ledger'
        -- what a council does; orders, directives and the trackers' acts are none of its record
        and instrument in ('ordinance', 'local law', 'resolution', 'act', 'emergency act')
),

paired as (
    select
        ledger.event_id,
        ledger.event as ledger_event,
        ledger.event_from,
        ledger.event_to,
        ledger.instrument_number,
        ledger.source_status,
        ledger.source_citation,
        matters.council_matter_key,
        matters.jurisdiction_key,
        matters.jurisdiction_name,
        matters.instrument,
        matters.file_number,
        matters.address
    from ledger
    inner join matters
        on ledger.jurisdiction_key = matters.jurisdiction_key
        and (
            (matters.file_number is not null and length(matters.file_number) > 3
                and {{ dbt.position('matters.file_words', 'ledger.number_words') }} > 0)
            or (matters.enactment_number is not null and length(matters.enactment_number) > 3
                and {{ dbt.position('matters.enactment_words', 'ledger.number_words') }} > 0)
        )
),

council_events as (
    select
        events.council_matter_key,
        events.event,
        events.event_on,
        -- the ledger says "enacted" where a council's record tells by which act
        case
            when events.event in ('signed', 'enacted', 'overridden') then 'law'
            when events.event = 'council_passed' and matters.instrument = 'resolution' then 'law'
            else events.event
        end as kind_of_act
    from {{ ref('int_ordinances__council_events') }} as events
    inner join matters
        on events.council_matter_key = matters.council_matter_key
    where events.event_on is not null
),

compared as (
    select
        paired.*,
        case
            when paired.ledger_event in ('enacted', 'signed', 'adopted', 'amended', 'repealed', 'weakened') then 'law'
            else paired.ledger_event
        end as kind_of_act
    from paired
),

counterparts as (
    select
        compared.event_id,
        compared.council_matter_key,
        min(council_events.event_on) as council_event_on,
        max(case
            when council_events.event_on between compared.event_from and compared.event_to then 1 else 0
        end) as agrees,
        count(council_events.event_on) as council_events
    from compared
    left join council_events
        on compared.council_matter_key = council_events.council_matter_key
        and compared.kind_of_act = council_events.kind_of_act
    group by compared.event_id, compared.council_matter_key
),

of_pairs as (
    select
        case
            when counterparts.council_events = 0 then 'event in the ledger only'
            else 'dates differ'
        end as conflict,
        compared.jurisdiction_key,
        compared.jurisdiction_name,
        compared.instrument,
        compared.instrument_number,
        compared.council_matter_key,
        compared.event_id as policy_event_key,
        compared.ledger_event as event,
        compared.event_from as ledger_from,
        compared.event_to as ledger_to,
        counterparts.council_event_on,
        compared.source_status as ledger_source_status,
        compared.source_citation as ledger_citation,
        compared.address as council_address
    from compared
    inner join counterparts
        on compared.event_id = counterparts.event_id and compared.council_matter_key = counterparts.council_matter_key
    where compared.event_from is not null and counterparts.agrees = 0
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
    left join (select council_matter_key from paired group by council_matter_key) as known
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
        ledger.instrument,
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
    from ledger
    inner join covered
        on ledger.jurisdiction_key = covered.jurisdiction_key
        and ledger.event_from between covered.first_introduced_on and covered.last_introduced_on
    left join (select event_id from paired group by event_id) as known
        on ledger.event_id = known.event_id
    where known.event_id is null
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
