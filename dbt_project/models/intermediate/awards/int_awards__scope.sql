-- What part of all awards the captures of the award search hold, and the last day to which every award is known: the
-- search of each fiscal year since the first that can be searched is captured. A year in which a group of awards has none
-- leaves no capture, so a group is taken to begin with its first year that has one.
{%- set groups = ['grants', 'direct_payments'] %}

with searches as (
    select
        {{ dbt.split_part('slice', "':'", 1) }} as award_group,
        {{ dbt.split_part('slice', "':'", 2) }} as part,
        -- what was signed on the capture's own day may be missing
        cast({{ dbt.dateadd('day', -1, 'cast(content_as_of as date)') }} as date) as known_until
    from {{ source('raw', 'capture') }}
    where
        dataset = 'usaspending__awards' and is_serving and kind <> 'transcribed' and selection_field is null
),

changes as (
    select
        award_group,
        max(known_until) as known_until
    from searches
    where part = 'changed'
    group by award_group
),

group_years as (
    select
        searches.award_group,
        try_cast(substr(searches.part, 3, 4) as int) as fiscal_year,
        -- greatest() of Spark and DuckDB leaves a null out
        greatest(max(searches.known_until), max(changes.known_until)) as known_until
    from searches
    left join changes
        on searches.award_group = changes.award_group
    where searches.part like 'FY%'
    group by searches.award_group, try_cast(substr(searches.part, 3, 4) as int)
),

years as (
    select
        dates.fiscal_year,
        min(dates.calendar_date) as first_day,
        max(dates.calendar_date) as last_day
    from {{ ref('dim_date') }} as dates
    cross join {{ source('raw', 'build') }} as build
    where
        dates.fiscal_year between 2008 and extract(year from build.as_of)
        + case when extract(month from build.as_of) >= 10 then 1 else 0 end
    group by dates.fiscal_year
),

group_starts as (
    select
        award_group,
        min(fiscal_year) as from_year
    from group_years
    group by award_group
),

year_groups as (
    select
        years.fiscal_year,
        years.last_day,
        coalesce(
            group_years.known_until,
            -- the group has not begun: the year holds none of it
            case when years.fiscal_year < group_starts.from_year and asked.award_group <> 'grants' then years.last_day end,
            cast({{ dbt.dateadd('day', -1, 'years.first_day') }} as date)
        ) as known_until
    from years
    cross join (
        {% for group in groups %}select '{{ group }}' as award_group{% if not loop.last %} union all {% endif %}{% endfor %}

    ) as asked
    left join group_starts
        on asked.award_group = group_starts.award_group
    left join group_years
        on years.fiscal_year = group_years.fiscal_year and asked.award_group = group_years.award_group
),

counted as (
    select
        count(*) as captures,
        sum(case when kind <> 'transcribed' and selection_field is null then 1 else 0 end) as whole_captures
    from {{ source('raw', 'capture') }}
    where dataset = 'usaspending__awards' and is_serving
)

select
    case
        when counted.captures = 0 then 'nothing captured'
        when counted.whole_captures > 0 then 'all that was asked for'
        else 'a selection'
    end as awards_scope,
    -- the first year that is not known to its end bounds all; the present year never is
    (select min(year_groups.known_until) from year_groups where year_groups.known_until < year_groups.last_day) as known_until
from counted
