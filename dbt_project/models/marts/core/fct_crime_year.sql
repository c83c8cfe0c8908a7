-- A year is twelve months of one series from one source, or a row of the annual table. What is less is no year: its
-- count is null, and months_covered says how much of it there is. The two kinds are rows of their own, never added.
{%- set definition = "case when source_kind = 'annual table' then series end" %}
with of_months as (
    select
        'months' as source_kind,
        months.ori,
        months.agency_key,
        months.jurisdiction_key,
        months.offense_key,
        months.fbi_offense_code,
        cast(extract(year from months.month_start) as int) as crime_year,
        max(months.agency_coverage) as agency_coverage,
        count(case when months.coverage in ('reported', 'negative: earlier reports unfounded') then 1
            when months.coverage = 'not reported: in the return of another month' then 1 end) as months_covered,
        count(distinct months.series) as series_of_the_year,
        count(distinct months.source_kind) as sources_of_the_year,
        min(months.series) as series,
        sum(months.offenses) as offenses,
        sum(months.cleared) as cleared,
        sum(abs(coalesce(months.offenses, 0))) as offenses_without_signs,
        count(case when months.offenses is not null and months.cleared is null then 1 end) as months_without_clearances,
        max(months.population) as population,
        {{ provenance_of_one('months') }}
    from {{ ref('fct_crime_month') }} as months
    group by
        months.ori, months.agency_key, months.jurisdiction_key, months.offense_key, months.fbi_offense_code,
        cast(extract(year from months.month_start) as int)
),

-- an agency that the Bureau counts no people under, and that counts nothing in a year: another one polices its place
peopled as (
    select
        of_months.*,
        coalesce(max(population) over (partition by ori, crime_year), 1) = 0
        and sum(offenses_without_signs) over (partition by ori, crime_year) = 0 as is_nobodys
    from of_months
),

judged as (
    select
        peopled.*,
        case
            when months_covered < 12 then 'partial'
            when is_nobodys then 'nothing counted, no people of its own'
            when sources_of_the_year > 1 then 'mixed sources'
            when series_of_the_year > 1 then 'mixed series'
            else 'complete'
        end as coverage
    from peopled
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
        judged.crime_year,
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
        coalesce(names.jurisdiction_key, {{ unknown_key() }}) as jurisdiction_key,
        case when offenses.offense_code is null then {{ unknown_key() }}
            else {{ surrogate_key(['offenses.offense_code']) }} end as offense_key,
        table8.offense_code as fbi_offense_code,
        table8.table_year as crime_year,
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
        coalesce(table8.footnote_texts, case when table8.footnotes is not null
            then concat('footnotes ', table8.footnotes) end) as footnote_texts,
        table8._capture_id,
        table8._payload_id,
        table8._record_no,
        table8._kind
    from {{ ref('int_crime__table8') }} as table8
    left join {{ ref('int_identity__resolved') }} as names
        on {{ printed_id("'fbi'", 'table8.city', 'table8.state_code', 'cast(null as ' ~ dbt.type_string() ~ ')', 'cast(null as ' ~ dbt.type_string() ~ ')', "'place'") }} = names.printed_id
    left join {{ ref('offenses') }} as offenses
        on table8.offense_code = offenses.fbi_code
),

reasons as (
    select
        breaks.first_month,
        breaks.last_month,
        breaks.ori,
        breaks.offense_code,
        units.jurisdiction_key,
        breaks.kind,
        breaks.reason
    from {{ ref('crime_series_breaks') }} as breaks
    left join {{ ref('int_identity__geoids') }} as units
        on breaks.geoid = units.geoid
),

-- a year beside the last one with a count, of the same agency or row of the table, three years back at most
compared as (
    select
        years.*,
        lag(offenses) over (
            partition by source_kind, ori, place_name, state_code, fbi_offense_code, {{ definition }} order by crime_year
        ) as offenses_before,
        lag(crime_year) over (
            partition by source_kind, ori, place_name, state_code, fbi_offense_code, {{ definition }} order by crime_year
        ) as year_before
    from years
    where offenses is not null
),

level_changes as (
    select
        source_kind,
        ori,
        place_name,
        state_code,
        crime_year,
        fbi_offense_code,
        series,
        jurisdiction_key,
        year_before,
        offenses_before,
        100.0 * (offenses - offenses_before) / offenses_before as level_change_percent
    from compared
    where
        year_before >= crime_year - 3
        and offenses_before > 0
        -- below 200 a year chance and one event make such changes
        and greatest(offenses, offenses_before) >= 200
        and (offenses <= 0.5 * offenses_before or offenses >= 2 * offenses_before)
),

explained as (
    select distinct
        level_changes.source_kind,
        level_changes.ori,
        level_changes.place_name,
        level_changes.state_code,
        level_changes.crime_year,
        level_changes.fbi_offense_code,
        level_changes.series
    from level_changes
    inner join reasons
        on
            reasons.kind = 'level'
            and level_changes.crime_year between extract(year from reasons.first_month) and extract(year from reasons.last_month)
            and (reasons.offense_code is null or level_changes.fbi_offense_code = reasons.offense_code)
            and (level_changes.ori = reasons.ori
                or (level_changes.ori is null and level_changes.jurisdiction_key = reasons.jurisdiction_key))
),

broken as (
    select
        years.source_kind,
        years.ori,
        years.place_name,
        years.state_code,
        years.crime_year,
        years.fbi_offense_code,
        years.series,
        {{ joined('reasons.reason') }} as break_reason
    from years
    inner join reasons
        on
            years.crime_year between extract(year from reasons.first_month) and extract(year from reasons.last_month)
            and (reasons.offense_code is null or reasons.offense_code = years.fbi_offense_code)
            -- an agency's break holds for its own rows, and for the rows of its city
            and (reasons.ori is null or reasons.ori = years.ori
                or (years.ori is null and reasons.jurisdiction_key = years.jurisdiction_key))
            -- a table that prints the definition is not in doubt about it
            and (reasons.offense_code is null or years.series not in (
                'as printed; rape, legacy definition', 'as printed; rape, revised definition'))
    group by
        years.source_kind, years.ori, years.place_name, years.state_code, years.crime_year, years.fbi_offense_code,
        years.series
)

select
    {{ surrogate_key([
        'years.source_kind', 'years.ori', 'years.state_code', 'case when years.ori is null then years.place_name end',
        'years.crime_year', 'years.fbi_offense_code', 'years.series',
    ]) }} as crime_year_key,
    years.agency_key,
    years.jurisdiction_key,
    years.offense_key,
    cast(years.crime_year * 10000 + 101 as bigint) as year_date_key,
    years.crime_year,
    years.source_kind,
    years.ori,
    coalesce(years.place_name, years.ori) as place_name,
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
    broken.break_reason is not null or level_changes.level_change_percent is not null as break_flag,
    broken.break_reason,
    cast(level_changes.level_change_percent as double) as level_change_percent,
    cast(level_changes.year_before as int) as level_change_since_year,
    cast(level_changes.offenses_before as bigint) as level_change_since_offenses,
    case when level_changes.level_change_percent is not null then explained.crime_year is not null end
        as is_level_change_explained,
    years.footnote_texts,
    years._capture_id,
    years._payload_id,
    years._record_no,
    years._kind
from years
left join broken
    on
        years.source_kind = broken.source_kind
        and coalesce(years.ori, '-') = coalesce(broken.ori, '-')
        and coalesce(years.place_name, '-') = coalesce(broken.place_name, '-')
        and coalesce(years.state_code, '-') = coalesce(broken.state_code, '-')
        and years.crime_year = broken.crime_year
        and years.fbi_offense_code = broken.fbi_offense_code
        and years.series = broken.series
left join level_changes
    on
        years.source_kind = level_changes.source_kind
        and coalesce(years.ori, '-') = coalesce(level_changes.ori, '-')
        and coalesce(years.place_name, '-') = coalesce(level_changes.place_name, '-')
        and coalesce(years.state_code, '-') = coalesce(level_changes.state_code, '-')
        and years.crime_year = level_changes.crime_year
        and years.fbi_offense_code = level_changes.fbi_offense_code
        and years.series = level_changes.series
left join explained
    on
        years.source_kind = explained.source_kind
        and coalesce(years.ori, '-') = coalesce(explained.ori, '-')
        and coalesce(years.place_name, '-') = coalesce(explained.place_name, '-')
        and coalesce(years.state_code, '-') = coalesce(explained.state_code, '-')
        and years.crime_year = explained.crime_year
        and years.fbi_offense_code = explained.fbi_offense_code
        and years.series = explained.series
