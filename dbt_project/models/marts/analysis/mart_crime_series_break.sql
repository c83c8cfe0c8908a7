-- Falls and jumps that the FBI's series show: agencies' months, and years of agencies and of the annual table's cities.
select
    {{ surrogate_key(["'month'", 'months.crime_month_key']) }} as crime_series_break_key,
    months.agency_key,
    months.jurisdiction_key,
    months.offense_key,
    months.month_date_key as changes_date_key,
    'months' as seen_in,
    months.ori,
    coalesce(agencies.agency_name, months.ori) as place_name,
    agencies.state_code,
    months.fbi_offense_code,
    months.month_start as changes_from,
    cast(changes.mean_before as double) as offenses_before,
    cast(changes.mean_after as double) as offenses_after,
    cast(months.level_change_percent as double) as change_percent,
    months.is_level_change_explained as is_explained,
    months.break_reason,
    months._capture_id,
    months._payload_id,
    months._record_no,
    months._kind
from {{ ref('fct_crime_month') }} as months
inner join {{ ref('int_crime__level_changes') }} as changes
    on
        months.ori = changes.ori
        and months.fbi_offense_code = changes.offense_code
        and months.month_start = changes.month_start
left join {{ ref('dim_agency') }} as agencies
    on months.agency_key = agencies.agency_key and agencies.agency_key <> {{ unknown_key() }}
union all
select
    {{ surrogate_key(["'year'", 'years.crime_year_key']) }} as crime_series_break_key,
    years.agency_key,
    years.jurisdiction_key,
    years.offense_key,
    cast(years.calendar_year * 10000 + 101 as bigint) as changes_date_key,
    'years of months' as seen_in,
    years.ori,
    years.agency_name as place_name,
    years.state_code,
    years.fbi_offense_code,
    cast(concat(cast(years.calendar_year as {{ dbt.type_string() }}), '-01-01') as date) as changes_from,
    cast(years.level_change_since_offenses as double) as offenses_before,
    cast(years.offenses as double) as offenses_after,
    years.level_change_percent as change_percent,
    years.is_level_change_explained as is_explained,
    years.break_reason,
    years._capture_id,
    years._payload_id,
    cast(null as bigint) as _record_no,
    years._kind
from {{ ref('fct_crime_year') }} as years
where years.level_change_since_year is not null
union all
select
    {{ surrogate_key(["'year'", 'years.crime_year_printed_key']) }} as crime_series_break_key,
    {{ unknown_key() }} as agency_key,
    years.jurisdiction_key,
    years.offense_key,
    cast(years.calendar_year * 10000 + 101 as bigint) as changes_date_key,
    'annual table' as seen_in,
    cast(null as {{ dbt.type_string() }}) as ori,
    years.place_name,
    years.state_code,
    years.fbi_offense_code,
    cast(concat(cast(years.calendar_year as {{ dbt.type_string() }}), '-01-01') as date) as changes_from,
    cast(years.level_change_since_offenses as double) as offenses_before,
    cast(years.offenses as double) as offenses_after,
    years.level_change_percent as change_percent,
    years.is_level_change_explained as is_explained,
    years.break_reason,
    years._capture_id,
    years._payload_id,
    years._record_no,
    years._kind
from {{ ref('fct_crime_year_printed') }} as years
where years.level_change_since_year is not null
