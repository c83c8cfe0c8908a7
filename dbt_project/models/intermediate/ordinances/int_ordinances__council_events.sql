-- Council records as legal events: what the record says, and what somebody read in the text of a matter that became law.
-- the act by which a matter became law: the override, else signature or lapse of time; a resolution's is its vote
with acts as (
    select
        recorded.*,
        row_number() over (
            partition by recorded.council_matter_key
            order by
                case recorded.event when 'overridden' then 1 when 'council_passed' then 3 else 2 end,
                recorded.event_on, recorded.event, recorded.action_id, recorded._record_no
        ) as choice
    from {{ ref('int_ordinances__council_records') }} as recorded
    inner join {{ ref('int_ordinances__council_matters') }} as matters
        on recorded.council_matter_key = matters.council_matter_key
    where
        recorded.event_on is not null
        and (
            (recorded.event = 'overridden' and not recorded.is_undone)
            or (recorded.event in ('signed', 'enacted') and recorded.vetoed_on is null)
            or (recorded.event in ('signed', 'enacted') and recorded.event_on > recorded.vetoed_on)
            or (
                recorded.event = 'council_passed' and not recorded.is_undone
                and matters.instrument = 'resolution' and recorded.vetoed_on is null
            )
        )
),

-- what somebody read in a law's text: its day of effect, and what it does to a measure before it
effects as (
    select
        acts.council_matter_key,
        case readings.effect
            when 'establishes' then 'effective'
            when 'amends' then 'amended'
            when 'weakens' then 'weakened'
            when 'repeals' then 'repealed'
        end as event,
        coalesce(
            readings.effective_on,
            cast({{ dbt.dateadd('day', 'readings.effective_days', 'acts.event_on') }} as date),
            case when readings.effect <> 'establishes' then acts.event_on end
        ) as event_on,
        max(concat(acts.event, ' on ', cast(acts.event_on as {{ dbt.type_string() }}), '; read in ', readings.read_in)) as said,
        acts._capture_id,
        acts._payload_id,
        acts._record_no,
        acts._kind,
        acts._retrieved_at
    from acts
    inner join {{ ref('int_ordinances__council_matters') }} as matters
        on acts.council_matter_key = matters.council_matter_key
    inner join {{ ref('council_readings') }} as readings
        on matters.client = readings.client and matters.file_number = readings.file_number
    where acts.choice = 1
    group by
        acts.council_matter_key, readings.effect, readings.effective_on, readings.effective_days, acts.event_on,
        acts._capture_id, acts._payload_id, acts._record_no, acts._kind, acts._retrieved_at
),

everything as (
    select
        council_matter_key,
        event,
        event_on,
        said,
        action_id,
        false as is_read,
        _capture_id,
        _payload_id,
        _record_no,
        _kind,
        _retrieved_at
    from {{ ref('int_ordinances__council_records') }}
    union all
    select
        council_matter_key,
        event,
        event_on,
        said,
        cast(null as {{ dbt.type_string() }}) as action_id,
        true as is_read,
        _capture_id,
        _payload_id,
        _record_no,
        _kind,
        _retrieved_at
    from effects
    where event_on is not null
)

select
    everything.council_matter_key,
    everything.event,
    everything.event_on,
    case when everything.event_on is null then 'unknown' else 'day' end as date_precision,
    everything.said,
    everything.action_id,
    everything.is_read,
    laws.event_on as law_on,
    everything._capture_id,
    everything._payload_id,
    everything._record_no,
    everything._kind,
    everything._retrieved_at
from everything
left join acts as laws
    on everything.council_matter_key = laws.council_matter_key and laws.choice = 1
