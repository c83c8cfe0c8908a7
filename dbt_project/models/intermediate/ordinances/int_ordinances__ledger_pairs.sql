-- Instruments of the ledger and the council matters that they name: an instrument's number holds the council's file or
-- enactment number, as whole words.
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
        and instrument in ('ordinance', 'local law', 'bill', 'resolution', 'act', 'emergency act')
)

select
    ledger.event_id,
    ledger.jurisdiction_key,
    ledger.jurisdiction_name,
    ledger.instrument as ledger_instrument,
    ledger.instrument_number,
    ledger.event,
    ledger.event_from,
    ledger.event_to,
    ledger.source_status,
    ledger.source_citation,
    matters.council_matter_key,
    matters.jurisdiction_name as council_jurisdiction_name,
    matters.instrument as council_instrument,
    matters.address as council_address
from ledger
left join matters
    on ledger.jurisdiction_key = matters.jurisdiction_key
    and (
        (matters.file_number is not null and length(matters.file_number) > 3
            and {{ dbt.position('matters.file_words', 'ledger.number_words') }} > 0)
        or (matters.enactment_number is not null and length(matters.enactment_number) > 3
            and {{ dbt.position('matters.enactment_words', 'ledger.number_words') }} > 0)
    )
