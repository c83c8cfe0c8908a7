-- What the annual tables print of a unit's year, and where its series changes so that the years before do not compare. Of
-- several rows that are one unit the one with the most people stands: they are never added.
{%- set offenses = panel_offenses() %}
with years as (
    select
        crime_year_key,
        jurisdiction_key,
        calendar_year,
        place_name,
        fbi_offense_code,
        series,
        offenses,
        population
    from {{ ref('int_crime__years') }}
    -- the panel has no arson: a break of arson alone starts no segment
    where source_kind = 'annual table' and fbi_offense_code in ('{{ offenses.keys() | join("', '") }}')
),

-- texts are put together of the few rows that have any
told as (
    select
        years.jurisdiction_key,
        years.calendar_year,
        years.place_name,
        {{ joined_once('breaks.lasting_reason') }} as lasting_reason,
        {{ joined("case when breaks.level_reason is not null "
            ~ "then concat(years.fbi_offense_code, ': ', breaks.level_reason) end") }} as level_reasons,
        {{ joined("case when breaks.level_change_percent is not null then concat("
            ~ "years.fbi_offense_code, ' ', case when breaks.level_change_percent > 0 then '+' else '' end, "
            ~ "cast(cast(round(breaks.level_change_percent, 0) as int) as " ~ dbt.type_string() ~ "), '%') "
            ~ "when breaks.offenses_before = 0 then concat(years.fbi_offense_code, ' from 0') end") }}
            as level_changes
    from years
    inner join {{ ref('int_crime__year_breaks') }} as breaks
        on years.crime_year_key = breaks.crime_year_key
    group by years.jurisdiction_key, years.calendar_year, years.place_name
),

printed as (
    select
        years.jurisdiction_key,
        years.calendar_year,
        years.place_name,
        {% for code, family in offenses.items() %}
        {% if code == 'RPE' -%}
        -- what a heading leaves open (legacy or revised) is neither of the two
        max(case when years.series = 'as printed; rape, revised definition' then years.offenses end) as rape,
        max(case when years.series = 'as printed; rape, legacy definition' then years.offenses end) as rape_legacy,
        {%- else -%}
        max(case when years.fbi_offense_code = '{{ code }}' then years.offenses end) as {{ family }},
        {%- endif %}
        {% endfor %}
        max(years.population) as population_as_printed,
        {% for code in offenses -%}
        max(case when years.fbi_offense_code = '{{ code }}' and years.offenses is not null then 1 else 0 end)
        {{- ' +' if not loop.last }}
        {% endfor -%}
        as families_printed
    from years
    group by years.jurisdiction_key, years.calendar_year, years.place_name
),

ranked as (
    select
        printed.*,
        told.lasting_reason,
        told.level_reasons,
        told.level_changes,
        row_number() over (
            partition by printed.jurisdiction_key, printed.calendar_year
            order by coalesce(printed.population_as_printed, 0) desc, printed.families_printed desc, printed.place_name
        ) as nth,
        count(*) over (partition by printed.jurisdiction_key, printed.calendar_year) as rows_printed
    from printed
    left join told
        on
            printed.jurisdiction_key = told.jurisdiction_key
            and printed.calendar_year = told.calendar_year
            and printed.place_name = told.place_name
),

-- every reason of every family: one that lasts once, one of a family's level with the family
reasoned as (
    select
        ranked.*,
        nullif(concat_ws('; ', lasting_reason, level_reasons), '') as break_reason
    from ranked
),

changed as (
    select
        reasoned.*,
        case
            when
                level_changes is not null
                -- only a reason that lasts has an end: the year after another level is of the new one
                or coalesce(lag(lasting_reason) over (partition by jurisdiction_key order by calendar_year), '-')
                <> coalesce(lasting_reason, '-') and calendar_year > min(calendar_year) over (partition by jurisdiction_key)
                then 1
            else 0
        end as starts_segment
    from reasoned
    -- 0 people: the FBI counts them under another agency, whose row the table may lack
    where nth = 1 and (population_as_printed is null or population_as_printed > 0)
)

select
    changed.*,
    sum(starts_segment) over (
        partition by jurisdiction_key order by calendar_year rows between unbounded preceding and current row
    ) as series_segment
from changed
