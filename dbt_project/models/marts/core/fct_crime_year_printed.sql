-- A city's row of the annual table, by offence, as printed.
select
    years.crime_year_key as crime_year_printed_key,
    years.jurisdiction_key,
    {{ surrogate_key(['years.series']) }} as series_key,
    years.offense_key,
    years.calendar_year,
    years.place_name,
    years.state_code,
    years.fbi_offense_code,
    years.series,
    years.offenses,
    years.coverage,
    years.population,
    case when years.population > 0 and years.offenses is not null
        then cast(years.offenses as double) * 100000 / cast(years.population as double) end as offenses_per_100k,
    breaks.break_reason is not null as is_break,
    breaks.break_reason,
    cast(breaks.level_change_percent as double) as level_change_percent,
    cast(breaks.year_before as int) as level_change_since_year,
    cast(breaks.offenses_before as bigint) as level_change_since_offenses,
    breaks.is_level_change_explained,
    years.footnote_texts,
    years._capture_id,
    years._payload_id,
    years._record_no,
    years._kind
from {{ ref('int_crime__years') }} as years
left join {{ ref('int_crime__year_breaks') }} as breaks
    on years.crime_year_key = breaks.crime_year_key
where years.source_kind = 'annual table'
