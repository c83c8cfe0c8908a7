with serial as (
    select
        months.*,
        -- Both sources count NIBRS incidents by the old summary's rules and say not which month is which.
        -- 2021 was collected through NIBRS alone, from 2022 on both ways again.
        concat(
            case
                when agencies.nibrs_start_on <= months.month_start then 'NIBRS, summarised'
                when extract(year from months.month_start) = 2021 then 'NIBRS, summarised'
                when agencies.ori is not null and extract(year from months.month_start) < 2021 then 'SRS'
                else 'NIBRS or SRS'
            end,
            -- rape was redefined in 2013; to 2016 agencies reported by either definition
            case
                when months.offense_code <> 'RPE' then ''
                when extract(year from months.month_start) < 2013 then '; rape, legacy definition'
                when extract(year from months.month_start) < 2017 then '; rape, legacy or revised definition'
                else '; rape, revised definition'
            end
        ) as series,
        coalesce(agencies.jurisdiction_key, unregistered.jurisdiction_key) as jurisdiction_key
    from {{ ref('int_crime__months') }} as months
    left join {{ ref('int_crime__agencies') }} as agencies
        on months.ori = agencies.ori
    left join {{ ref('int_crime__unregistered') }} as unregistered
        on months.ori = unregistered.ori
)

select
    {{ surrogate_key(['months.ori', 'months.offense_code', 'months.month_start']) }} as crime_month_key,
    {{ surrogate_key(['months.ori']) }} as agency_key,
    months.jurisdiction_key,
    {{ surrogate_key(['months.series']) }} as series_key,
    case when offenses.offense_code is null then {{ unknown_key() }} else {{ surrogate_key(['offenses.offense_code']) }} end
        as offense_key,
    {{ date_key('months.month_start') }} as month_date_key,
    months.ori,
    months.month_start,
    months.offense_code as fbi_offense_code,
    months.series,
    months.source_kind,
    months.offenses,
    months.cleared,
    months.offenses_as_printed,
    months.offenses_by_other_source,
    case when months.source_kind = 'Crime Data Explorer' then earlier.offenses end as earlier_offenses_as_printed,
    case when months.source_kind = 'Crime Data Explorer' then earlier.captured_on end as earlier_captured_on,
    months.population,
    case when months.population > 0 and months.offenses is not null
        then cast(months.offenses as double) * 100000 / cast(months.population as double) end as offenses_per_100k,
    months.coverage,
    coalesce(agency_coverage.coverage, 'unknown') as agency_coverage,
    breaks.break_reason is not null as is_break,
    breaks.break_reason,
    changes.level_change_percent,
    changes.is_explained as is_level_change_explained,
    months._capture_id,
    months._payload_id,
    months._record_no,
    months._kind
from serial as months
left join {{ ref('int_crime__agency_coverage') }} as agency_coverage
    on months.ori = agency_coverage.ori
left join {{ ref('offenses') }} as offenses
    on months.offense_code = offenses.fbi_code
left join {{ ref('int_crime__month_breaks') }} as breaks
    on
        months.ori = breaks.ori
        and months.month_start = breaks.month_start
        and months.offense_code = breaks.offense_code
left join {{ ref('int_crime__earlier_months') }} as earlier
    on
        months.ori = earlier.ori
        and months.month_start = earlier.month_start
        and months.offense_code = earlier.offense_code
left join {{ ref('int_crime__level_changes') }} as changes
    on
        months.ori = changes.ori
        and months.month_start = changes.month_start
        and months.offense_code = changes.offense_code
