-- What lies between a year and the one before it: a break that somebody explains, or a count half or double the last.
{%- set definition = "case when source_kind = 'annual table' then series end" %}
with reasons as (
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

-- a year beside the last one with a count, of the same agency or row of the table
compared as (
    select
        crime_year_key,
        ori,
        calendar_year,
        fbi_offense_code,
        jurisdiction_key,
        offenses,
        lag(offenses) over (
            partition by source_kind, ori, place_name, state_code, fbi_offense_code, {{ definition }} order by calendar_year
        ) as offenses_before,
        lag(calendar_year) over (
            partition by source_kind, ori, place_name, state_code, fbi_offense_code, {{ definition }} order by calendar_year
        ) as year_before
    from {{ ref('int_crime__years') }}
    where offenses is not null
),

level_changes as (
    select
        crime_year_key,
        ori,
        calendar_year,
        fbi_offense_code,
        jurisdiction_key,
        year_before,
        offenses,
        offenses_before,
        -- a rise from 0 has no percent
        case when offenses_before > 0 then 100.0 * (offenses - offenses_before) / offenses_before end as level_change_percent
    from compared
    where
        -- more earlier reports that proved unfounded than new ones: no level
        offenses_before >= 0
        and (
            -- below 200 a year chance and one event make such changes, and in more than three years a city may come to them
            year_before >= calendar_year - 3
            and greatest(offenses, offenses_before) >= 200
            and least(offenses, offenses_before) <= 0.5 * greatest(offenses, offenses_before)
            -- they leave no tenth of 30, however long it takes: 149 thefts of vehicles, then none (Doral, Florida, 2022)
            or greatest(offenses, offenses_before) >= 30 and least(offenses, offenses_before) <= 0.1 * greatest(offenses, offenses_before)
        )
),

explained as (
    select distinct level_changes.crime_year_key
    from level_changes
    inner join reasons
        on
            reasons.kind = 'level'
            and level_changes.calendar_year between extract(year from reasons.first_month) and extract(year from reasons.last_month)
            and (reasons.offense_code is null or level_changes.fbi_offense_code = reasons.offense_code)
            and (level_changes.ori = reasons.ori
                or (level_changes.ori is null and level_changes.jurisdiction_key = reasons.jurisdiction_key))
),

named as (
    select
        years.crime_year_key,
        reasons.reason,
        true as is_lasting
    from {{ ref('int_crime__years') }} as years
    inner join reasons
        on
            years.calendar_year between extract(year from reasons.first_month) and extract(year from reasons.last_month)
            and (reasons.offense_code is null or reasons.offense_code = years.fbi_offense_code)
            -- an agency's break holds for its own rows, and for the rows of its city
            and (reasons.ori is null or reasons.ori = years.ori
                or (years.ori is null and reasons.jurisdiction_key = years.jurisdiction_key))
            -- a table that prints the definition is not in doubt about it
            and (reasons.offense_code is null or years.series not in (
                'as printed; rape, legacy definition', 'as printed; rape, revised definition'))
    union all
    select
        level_changes.crime_year_key,
        case
            when level_changes.level_change_percent is null
                then concat(
                    'the count rises from 0 in ', {{ in_words('cast(level_changes.year_before as bigint)') }}, ' to ',
                    {{ in_words('cast(level_changes.offenses as bigint)') }}, '; nobody names a cause'
                )
            else concat(
                'the level changes by ', {{ in_words('cast(round(level_changes.level_change_percent) as bigint)') }},
                ' percent since ', {{ in_words('cast(level_changes.year_before as bigint)') }}, ' (',
                {{ in_words('cast(level_changes.offenses_before as bigint)') }}, '); nobody names a cause'
            )
        end as reason,
        false as is_lasting
    from level_changes
    left join explained
        on level_changes.crime_year_key = explained.crime_year_key
    where explained.crime_year_key is null
),

broken as (
    select
        crime_year_key,
        {{ joined('reason') }} as break_reason,
        {{ joined('case when is_lasting then reason end') }} as lasting_reason,
        {{ joined('case when not is_lasting then reason end') }} as level_reason
    from named
    group by crime_year_key
)

select
    coalesce(broken.crime_year_key, level_changes.crime_year_key) as crime_year_key,
    broken.break_reason,
    broken.lasting_reason,
    broken.level_reason,
    level_changes.level_change_percent,
    level_changes.year_before,
    level_changes.offenses_before,
    case when level_changes.crime_year_key is not null then explained.crime_year_key is not null end
        as is_level_change_explained
from broken
full outer join level_changes
    on broken.crime_year_key = level_changes.crime_year_key
left join explained
    on level_changes.crime_year_key = explained.crime_year_key
