-- What was printed of the hiring grants, as sentences: program, measure and figure of each entity and period.
select
    entity,
    period_as_printed,
    concat(
        coalesce(entity, ''), ' ', coalesce(period_as_printed, ''), ' ', coalesce(program, ''), ' ',
        coalesce(measure, ''), ': ', coalesce(as_printed, cast(figure as {{ dbt.type_string() }}))
    ) as figure_text
from {{ ref('fct_published_statistic') }}
where subject = 'awards' and program in ('CHP', 'COPS')
