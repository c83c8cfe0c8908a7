-- A year is twelve months of one series from one source, or a row of the annual table. What is less is no year: its
-- count is null, and months_covered says how much of it there is.
with months as (
    select
        printed.ori,
        printed.agency_key,
        printed.jurisdiction_key,
        printed.offense_key,
        printed.fbi_offense_code,
        printed.month_start,
        printed.series,
        printed.source_kind,
        printed.agency_coverage,
        printed.coverage,
        -- a return of several months is no month's count, and is part of the year's
        case when printed.coverage = 'suspect: several months in one return' then printed.offenses_as_printed
            else printed.offenses end as offenses,
        printed.cleared,
        printed.population,
        printed._capture_id,
        printed._payload_id,
        printed._kind
    from {{ ref('fct_crime_month') }} as printed
),

of_months as (
    select
        'months' as source_kind,
        months.ori,
        months.agency_key,
        months.jurisdiction_key,
        months.offense_key,
        months.fbi_offense_code,
        cast(extract(year from months.month_start) as int) as calendar_year,
        max(months.agency_coverage) as agency_coverage,
        count(case when months.coverage in (
            'reported', 'negative: earlier reports unfounded', 'not reported: in the return of another month',
            'suspect: several months in one return'
        ) then 1 end) as months_covered,
        count(distinct months.series) as series_of_the_year,
        count(distinct months.source_kind) as sources_of_the_year,
        min(months.series) as series,
        sum(months.offenses) as offenses,
        sum(months.cleared) as cleared,
        sum(abs(coalesce(months.offenses, 0))) as offenses_without_signs,
        count(case when months.offenses is not null and months.cleared is null then 1 end) as months_without_clearances,
        max(months.population) as population,
        {{ provenance_of_one('months') }}
    from months
    group by
        months.ori, months.agency_key, months.jurisdiction_key, months.offense_key, months.fbi_offense_code,
        cast(extract(year from months.month_start) as int)
),

-- an agency that the Bureau counts no people under, and that counts nothing in a year: another one polices its place
peopled as (
    select
        of_months.*,
        coalesce(max(population) over (partition by ori, calendar_year), 1) = 0
        and sum(offenses_without_signs) over (partition by ori, calendar_year) = 0 as is_nobodys
    from of_months
),

judged as (
    select
        peopled.*,
        case
            when months_covered = 0 then 'no whole month'
            when months_covered < 12 then 'partial'
            when is_nobodys then 'nothing counted, no people of its own'
            when sources_of_the_year > 1 then 'mixed sources'
            when series_of_the_year > 1 then 'mixed series'
            else 'complete'
        end as coverage
    from peopled
),

-- each city's name is looked up once, and not for every row of the tables
cities as (
    select
        printed.state_code,
        printed.city,
        names.jurisdiction_key
    from (select distinct state_code, city from {{ ref('int_crime__table8') }}) as printed
    inner join {{ ref('int_identity__resolved') }} as names
        on {{ printed_id("'fbi'", 'printed.city', 'printed.state_code', 'cast(null as ' ~ dbt.type_string() ~ ')', 'cast(null as ' ~ dbt.type_string() ~ ')', "'place'") }} = names.printed_id
),

years as (
    select
        judged.source_kind,
        judged.ori,
        agencies.agency_name as place_name,
        agencies.state_code,
        judged.agency_key,
        judged.jurisdiction_key,
        judged.offense_key,
        judged.fbi_offense_code,
        judged.calendar_year,
        case when judged.coverage = 'mixed series' then 'mixed' else judged.series end as series,
        case when judged.coverage = 'complete' then cast(judged.offenses as bigint) end as offenses,
        case when judged.coverage = 'complete' and judged.months_without_clearances = 0
            then cast(judged.cleared as bigint) end as cleared,
        cast(judged.months_covered as int) as months_covered,
        judged.coverage,
        judged.population,
        judged.agency_coverage,
        cast(null as {{ dbt.type_string() }}) as footnote_texts,
        judged._capture_id,
        judged._payload_id,
        cast(null as bigint) as _record_no,
        judged._kind
    from judged
    left join {{ ref('dim_agency') }} as agencies
        on judged.agency_key = agencies.agency_key and agencies.agency_key <> {{ unknown_key() }}
    union all
    select
        'annual table' as source_kind,
        cast(null as {{ dbt.type_string() }}) as ori,
        table8.city as place_name,
        table8.state_code,
        {{ unknown_key() }} as agency_key,
        coalesce(cities.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
        case when offenses.offense_code is null then {{ unknown_key() }}
            else {{ surrogate_key(['offenses.offense_code']) }} end as offense_key,
        table8.offense_code as fbi_offense_code,
        table8.table_year as calendar_year,
        concat(
            'as printed',
            case when table8.definition = 'none' then '' else concat('; rape, ', table8.definition, ' definition') end
        ) as series,
        table8.offenses,
        cast(null as bigint) as cleared,
        -- the table lists agencies with twelve months of data only
        case when table8.offenses is null then 0 else 12 end as months_covered,
        case when table8.offenses is null then 'not printed' else 'complete' end as coverage,
        table8.population,
        'as printed' as agency_coverage,
        coalesce(table8.footnote_texts, nullif(concat_ws(
            '; ',
            case when table8.footnotes is not null then concat('footnotes ', table8.footnotes) end,
            case when table8.state_footnotes is not null then concat('footnotes of the state ', table8.state_footnotes) end
        ), '')) as footnote_texts,
        table8._capture_id,
        table8._payload_id,
        table8._record_no,
        table8._kind
    from {{ ref('int_crime__table8') }} as table8
    left join cities
        on table8.state_code = cities.state_code and table8.city = cities.city
    left join {{ ref('offenses') }} as offenses
        on table8.offense_code = offenses.fbi_code
)

select
    {{ surrogate_key([
        'years.source_kind', 'years.ori', 'years.state_code', 'case when years.ori is null then years.place_name end',
        'years.calendar_year', 'years.fbi_offense_code', 'years.series',
    ]) }} as crime_year_key,
    years.*
from years
