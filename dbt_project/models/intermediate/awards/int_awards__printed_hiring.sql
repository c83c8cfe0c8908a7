-- What was printed of the hiring grants, as sentences: program, measure and figure of each entity and period.
select
    entity,
    period_as_printed,
    concat(
        coalesce(entity, ''), ' ', coalesce(period_as_printed, ''), ' ', coalesce(program, ''), ' ',
        coalesce(measure, ''), ': ', coalesce(as_printed, cast(figure as {{ dbt.type_string() }}))
    ) as figure_text
from {{ ref('fct_published_statistic') }}
-- what was made available, appropriated or proposed is no award: the rules of seeds/claim_rules read it
where subject = 'awards' and program in ('CHP', 'COPS') and published_table in ('announced awards', 'analysis')
