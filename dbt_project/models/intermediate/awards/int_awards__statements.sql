-- What any document says of an award: the lines of the COPS Office's lists, and what others printed, each with its unit.
with lines as (
    select
        'COPS Office' as announced_by,
        'award list' as document,
        cast(null as {{ dbt.type_string() }}) as document_date,
        cast(null as date) as announced_on,
        'unknown' as announced_precision,
        agency_name,
        state_code,
        program,
        program_area,
        cast(null as {{ dbt.type_string() }}) as assistance_listing,
        fiscal_year,
        fiscal_year as fiscal_year_to,
        announced_amount,
        officers_announced,
        'award' as statement_kind,
        false as is_rounded,
        false as is_the_article,
        cast(null as {{ dbt.type_string() }}) as as_printed,
        cast(null as {{ dbt.type_string() }}) as source_citation,
        cast(null as {{ dbt.type_string() }}) as note,
        _capture_id,
        _payload_id,
        _record_no,
        _kind
    from {{ ref('stg_cops__announcements') }}
),

printed as (
    select
        publisher as announced_by,
        document,
        document_date,
        announced_on,
        announced_precision,
        agency_name,
        state_code,
        program,
        program_area,
        assistance_listing,
        fiscal_year,
        fiscal_year_to,
        announced_amount,
        officers_announced,
        statement_kind,
        is_rounded,
        is_the_article,
        as_printed,
        source_citation,
        note,
        _capture_id,
        _payload_id,
        _record_no,
        _kind
    from {{ ref('stg_published__awards') }}
),

statements as (
    select * from lines
    union all
    select * from printed
),

listings as (
    select
        program_area,
        min(assistance_listing_before_fy2025) as before_fy2025
    from {{ ref('cops_programs') }}
    where program_area <> 'unknown'
    group by program_area
)

select
    {{ surrogate_key(['statements._capture_id', 'statements._record_no']) }} as statement_key,
    statements.announced_by,
    statements.document,
    statements.document_date,
    statements.announced_on,
    statements.announced_precision,
    statements.agency_name,
    statements.state_code,
    statements.program,
    statements.program_area,
    coalesce(
        statements.assistance_listing,
        case when statements.fiscal_year >= 2025 then since.assistance_listing else listings.before_fy2025 end
    ) as assistance_listing,
    statements.fiscal_year,
    statements.fiscal_year_to,
    statements.announced_amount,
    statements.officers_announced,
    statements.statement_kind,
    statements.is_rounded,
    statements.is_the_article,
    statements.as_printed,
    statements.source_citation,
    statements.note,
    coalesce(names.is_resolved, false) as is_resolved,
    coalesce(names.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
    coalesce(names.kind, 'unknown') as agency_kind,
    coalesce(names.match_method, 'unresolved') as match_method,
    names.match_score,
    coalesce(names.match_evidence, 'no name in the list') as match_evidence,
    statements._capture_id,
    statements._payload_id,
    statements._record_no,
    statements._kind
from statements
left join listings
    on statements.program_area = listings.program_area
left join {{ listings_since_fy2025() }} as since
    on statements.program_area = since.program_area
left join {{ ref('int_identity__resolved') }} as names
    on {{ printed_id("'cops'", 'statements.agency_name', 'statements.state_code', 'cast(null as ' ~ dbt.type_string() ~ ')', 'cast(null as ' ~ dbt.type_string() ~ ')', 'cast(null as ' ~ dbt.type_string() ~ ')') }} = names.printed_id
