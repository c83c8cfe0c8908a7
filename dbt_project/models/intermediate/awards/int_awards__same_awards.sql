-- Which statements are of one award: the same unit, program and fiscal year. Where one document has several lines of
-- a unit, program and year, the agency's name tells them apart, and after it their order.
with awarded as (
    select
        statements.*,
        case when program_area = 'unknown' then assistance_listing else program_area end as award_program,
        concat(announced_by, ' ', document, ' ', coalesce(source_citation, _capture_id)) as document_id
    from {{ ref('int_awards__statements') }} as statements
    where
        statement_kind = 'award' and announced_amount is not null and fiscal_year is not null and not is_the_article
),

counted as (
    select
        awarded.*,
        count(*) over (partition by document_id, jurisdiction_key, award_program, fiscal_year) as lines_in_document
    from awarded
),

held_by as (
    select
        counted.*,
        case
            when
                is_resolved
                and max(lines_in_document) over (partition by jurisdiction_key, award_program, fiscal_year) = 1
                then jurisdiction_key
            else concat(upper(agency_name), '|', coalesce(state_code, ''))
        end as holder
    from counted
),

ordered as (
    select
        held_by.*,
        row_number() over (
            partition by document_id, holder, award_program, fiscal_year order by announced_amount desc, _record_no
        ) as place_in_document
    from held_by
)

select
    {{ surrogate_key(['holder', 'award_program', 'fiscal_year', 'place_in_document']) }} as announced_award_key,
    statement_key,
    row_number() over (
        partition by holder, award_program, fiscal_year, place_in_document
        order by
            case when is_rounded then 1 else 0 end,
            -- the awarding office before all others
            case when announced_by like 'COPS Office%' or announced_by like 'OJP%' then 0 else 1 end,
            case when announced_on is null then 1 else 0 end,
            announced_on,
            announced_by,
            statement_key
    ) as witness_no
from ordered
