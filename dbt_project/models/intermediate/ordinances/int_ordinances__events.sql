-- Every legal event that anybody told: the ledger's as they stand, and those of the council matters that the finder
-- found and that are clear acts of law. Introductions and referrals change nothing and stay with the council's record.
with cited_provisions as (
    select
        geoid,
        instrument,
        coalesce(instrument_number, '') as instrument_number,
        case when count(*) = 1 then max(provision_code) end as only_provision_code
    from {{ ref('instrument_provisions') }}
    group by geoid, instrument, coalesce(instrument_number, '')
),

ledger as (
    select
        {{ surrogate_key([
            'events.geoid', 'events.instrument', 'events.instrument_number', 'events.event', 'events.event_from'
        ]) }} as event_id,
        coalesce(geoids.jurisdiction_key, {{ unresolved_key('events.geoid', 'cast(null as ' ~ dbt.type_string() ~ ')', "'a code without a unit'") }})
            as jurisdiction_key,
        events.jurisdiction_name,
        events.level as jurisdiction_level,
        -- an instrument of several provisions, or of none that is cited, is general here: see __event_provisions
        coalesce(cited_provisions.only_provision_code, 'general') as provision_code,
        events.instrument,
        events.instrument_number,
        events.event,
        events.event_from,
        events.event_to,
        events.known_until,
        events.date_precision,
        events.source_status,
        events.source_citation,
        events.note,
        events.source_status <> 'unsourced'
        and events.event_from is not null
        -- a state's law may as well forbid local policies: until somebody cites what it provides, it decides nothing
        and (coalesce(events.level, '') <> 'state' or cited_provisions.instrument is not null)
            as decides_status,
        events.learned_on,
        events._capture_id,
        events._payload_id,
        events._record_no,
        events._kind,
        events._retrieved_at
    from {{ ref('stg_ledger__policy_events') }} as events
    left join {{ ref('int_identity__geoids') }} as geoids
        on events.geoid = geoids.geoid
    left join cited_provisions
        on
            events.geoid = cited_provisions.geoid
            and events.instrument = cited_provisions.instrument
            and coalesce(events.instrument_number, '') = cited_provisions.instrument_number
),

readings as (
    select
        client,
        file_number,
        provision_code,
        effect,
        of_instrument,
        of_number
    from {{ ref('council_readings') }}
),

council as (
    select
        matters.council_matter_key,
        matters.jurisdiction_key,
        matters.jurisdiction_name,
        matters.jurisdiction_level,
        coalesce(readings.provision_code, 'general') as provision_code,
        readings.provision_code is not null as is_provision_known,
        case when events.is_read then coalesce(readings.of_instrument, matters.instrument) else matters.instrument end
            as instrument,
        case when events.is_read and readings.of_number is not null then readings.of_number
            when matters.instrument = 'local law' then concat('LL ', coalesce(matters.enactment_number, matters.file_number))
            else coalesce(matters.enactment_number, matters.file_number) end as instrument_number,
        events.event,
        events.event_on,
        events.date_precision,
        matters.address,
        matters.file_number,
        events.said,
        events._capture_id,
        events._payload_id,
        events._record_no,
        events._kind,
        coalesce(learned.learned_on, cast(events._retrieved_at as date)) as learned_on
    from {{ ref('int_ordinances__council_events') }} as events
    inner join {{ ref('int_ordinances__council_matters') }} as matters
        on events.council_matter_key = matters.council_matter_key
    inner join {{ ref('int_ordinances__council_found') }} as found
        on events.council_matter_key = found.council_matter_key
    left join {{ ref('int_ordinances__council_learned') }} as learned
        on events._capture_id = learned._capture_id and events._record_no = learned._record_no
    left join readings
        on matters.client = readings.client and matters.file_number = readings.file_number
    where
        found.is_relevant
        and not matters.is_restricted
        and matters.instrument <> 'other'
        and (
            -- became law, or its way ended otherwise
            events.law_on is not null
            or events.event in ('vetoed', 'overridden', 'failed', 'filed_at_end_of_term')
        )
        and events.event not in ('introduced', 'referred', 'first_vote', 'reconsidered')
        -- an effect that was read is of the provision that it was read for
        and (not events.is_read or events.event = case readings.effect
            when 'establishes' then 'effective'
            when 'amends' then 'amended'
            when 'weakens' then 'weakened'
            when 'repeals' then 'repealed'
        end)
        -- a law that repeals, weakens or amends another is nothing in force of its own: what it does to the other is the event
        and not (
            events.event in ('signed', 'enacted', 'overridden', 'effective')
            and (
                coalesce(readings.effect, 'none') = 'repeals'
                or (readings.effect in ('weakens', 'amends') and readings.of_number is not null)
            )
        )
)

select
    event_id,
    jurisdiction_key,
    jurisdiction_name,
    jurisdiction_level,
    provision_code,
    instrument,
    instrument_number,
    event,
    event_from,
    event_to,
    known_until,
    date_precision,
    source_status,
    source_citation,
    note,
    'ledger' as origin,
    decides_status,
    learned_on,
    cast(null as {{ dbt.type_string() }}) as council_matter_key,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from ledger
union all
select
    {{ surrogate_key(["'council'", 'council_matter_key', 'provision_code', 'event', 'event_on']) }} as event_id,
    jurisdiction_key,
    jurisdiction_name,
    jurisdiction_level,
    provision_code,
    instrument,
    instrument_number,
    event,
    event_on as event_from,
    event_on as event_to,
    cast(null as date) as known_until,
    date_precision,
    'council record' as source_status,
    address as source_citation,
    concat('file ', coalesce(file_number, 'not numbered'), ': ', said) as note,
    'council' as origin,
    is_provision_known and event_on is not null as decides_status,
    learned_on,
    council_matter_key,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from council
