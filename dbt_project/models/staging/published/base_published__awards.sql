{{ config(materialized='table') }}

-- document_date says what the stored text shows: a day, a month or a year. What a statement is follows from its scope,
-- its program and its figures: an allocation is no award, a span of years no year's award, and 0 officers none.
with printed as (
    select
        {{ text_field('publisher') }} as publisher,
        {{ text_field('document') }} as document,
        {{ text_field('document_date') }} as document_date,
        {{ text_field('agency') }} as agency_name,
        {{ text_field('state') }} as state_as_printed,
        {{ text_field('place') }} as place_as_printed,
        {{ text_field('program') }} as program,
        {{ text_field('fiscal_year') }} as fiscal_year_as_printed,
        {{ text_field('amount_usd') }} as amount_as_printed,
        {{ text_field('officers') }} as officers_as_printed,
        {{ text_field('scope') }} as scope,
        {{ text_field('as_printed') }} as as_printed,
        {{ text_field('source') }} as source_citation,
        {{ text_field('source_status') }} as source_status,
        {{ text_field('note') }} as note,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'published__awards') }}
),

typed as (
    select
        printed.publisher,
        printed.document,
        printed.document_date,
        try_cast(
            case length(printed.document_date)
                when 10 then printed.document_date
                when 7 then concat(printed.document_date, '-01')
                when 4 then concat(printed.document_date, '-01-01')
            end as date
        ) as announced_on,
        case length(printed.document_date) when 10 then 'day' when 7 then 'month' when 4 then 'year' else 'unknown' end
            as announced_precision,
        -- a remark in parentheses where a name would stand names nobody
        case when printed.agency_name not like '(%)' then printed.agency_name end as agency_name,
        states.postal as state_code,
        printed.place_as_printed,
        printed.program,
        coalesce(programs.program_area, 'unknown') as program_area,
        -- the COPS Office's one listing was split with FY2025
        case
            when eras.era is not null and try_cast(substr(printed.fiscal_year_as_printed, 1, 4) as int) >= 2025
                then since.assistance_listing
            else programs.assistance_listing
        end as assistance_listing,
        try_cast(substr(printed.fiscal_year_as_printed, 1, 4) as int) as fiscal_year,
        try_cast(substr(printed.fiscal_year_as_printed, length(printed.fiscal_year_as_printed) - 3, 4) as int)
            as fiscal_year_to,
        try_cast(printed.amount_as_printed as decimal(18, 2)) as announced_amount,
        try_cast(printed.officers_as_printed as int) as officers_announced,
        case
            when printed.scope <> 'agency' then printed.scope
            -- who copies or keeps the record of an award announces none
            when
                printed.publisher like 'USAspending.gov%'
                or printed.publisher like '%(from USAspending)'
                or printed.publisher = 'OJP award page' then 'award record'
            when length(printed.fiscal_year_as_printed) > 4 then 'sum of several years'
            when try_cast(printed.amount_as_printed as decimal(18, 2)) = 0 then 'no award'
            else coalesce(programs.statement_kind, 'award')
        end as statement_kind,
        -- "$3.1 million", "a floor", "rounded in print": the award may be a little more or less; "$3.125 million" is exact, and
        -- "$6.25 million" is fifty times the 125,000 that the hiring program paid a position
        coalesce(
            lower(printed.as_printed) like '%million%'
            -- cents are not rounded away
            and try_cast(printed.amount_as_printed as decimal(18, 2)) % 1 = 0
            and cast(try_cast(printed.amount_as_printed as decimal(18, 2)) as bigint) % 10000 = 0
            and (
                cast(try_cast(printed.amount_as_printed as decimal(18, 2)) as bigint) % 100000 = 0
                or cast(try_cast(printed.amount_as_printed as decimal(18, 2)) as bigint) % 125000 <> 0
            ), false
        )
        or coalesce(lower(printed.note) like '%floor%' or lower(printed.note) like '%rounded%', false) as is_rounded,
        printed.document like '%the article whose claims are checked%' as is_the_article,
        printed.as_printed,
        printed.source_citation,
        printed.source_status,
        printed.note,
        case
            when printed.publisher is null or printed.agency_name is null then 'no publisher or no agency'
            when printed.source_citation is null then 'no source'
            when printed.state_as_printed is not null and states.postal is null then 'state is none of the country'
            when printed.amount_as_printed is not null and try_cast(printed.amount_as_printed as decimal(18, 2)) is null
                then 'amount is not a number'
            when printed.officers_as_printed is not null and try_cast(printed.officers_as_printed as int) is null
                then 'officers is not a whole number'
            when printed.program is not null and programs.program is null then 'program is not in printed_programs'
        end as _reject_reason,
        printed._capture_id,
        printed._payload_id,
        printed._record_no
    from printed
    left join {{ ref('states') }} as states
        on printed.state_as_printed = states.postal
    left join {{ ref('printed_programs') }} as programs
        on printed.program = programs.program
    left join {{ ref('assistance_listings') }} as eras
        on programs.assistance_listing = eras.assistance_listing and eras.era = 'to FY2024'
    left join {{ listings_since_fy2025() }} as since
        on programs.program_area = since.program_area
)
,
{{ with_fate('typed') }}
