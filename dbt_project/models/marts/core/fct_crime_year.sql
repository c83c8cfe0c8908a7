-- An agency's year: twelve months of one series from one source. What is less is no year: its count is null, and
-- months_covered says how much of it there is.
select
    years.crime_year_key,
    years.agency_key,
    years.jurisdiction_key,
    {{ surrogate_key(['years.series']) }} as series_key,
    years.offense_key,
    years.calendar_year,
    years.ori,
    coalesce(years.place_name, years.ori) as agency_name,
    years.state_code,
    years.fbi_offense_code,
    years.series,
    years.offenses,
    years.cleared,
    years.months_covered,
    years.coverage,
    years.population,
    case when years.population > 0 and years.offenses is not null
        then cast(years.offenses as double) * 100000 / cast(years.population as double) end as offenses_per_100k,
    years.agency_coverage,
    breaks.break_reason is not null as is_break,
    breaks.break_reason,
    cast(breaks.level_change_percent as double) as level_change_percent,
    cast(breaks.year_before as int) as level_change_since_year,
    cast(breaks.offenses_before as bigint) as level_change_since_offenses,
    breaks.is_level_change_explained,
    years._capture_id,
    years._payload_id,
    years._kind
from {{ ref('int_crime__years') }} as years
left join {{ ref('int_crime__year_breaks') }} as breaks
    on years.crime_year_key = breaks.crime_year_key
where years.source_kind = 'months'
