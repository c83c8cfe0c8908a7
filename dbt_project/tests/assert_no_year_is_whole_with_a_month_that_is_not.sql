-- A complete year of an agency has no month that is partial, suspect or not reported (but for one that stands in the
-- return of another month, and for that other).
select
    years.ori,
    years.calendar_year,
    years.fbi_offense_code,
    months.month_start,
    months.coverage
from {{ ref('fct_crime_year') }} as years
inner join {{ ref('fct_crime_month') }} as months
    on
        years.ori = months.ori
        and years.fbi_offense_code = months.fbi_offense_code
        and years.calendar_year = extract(year from months.month_start)
where
    years.coverage = 'complete'
    and months.coverage not in (
        'reported', 'negative: earlier reports unfounded', 'not reported: in the return of another month',
        'suspect: several months in one return'
    )
