{%- set groups = ['hispanic', 'others', 'citywide'] %}
-- How far the counts of months scatter around a common change, in units of what a Poisson's would: Pearson's statistic of a
-- model with an effect of each calendar month and one of the year, over the twelve months that end with the month, divided by
-- its degrees of freedom: a number for each group.
with counts as (
    select
        city_code as unit,
        series,
        offense_family,
        month_no,
        cast(hispanic as double) as hispanic,
        cast(others as double) as others,
        cast(citywide as double) as citywide,
        is_complete = 1 and break_in_month = 0 as is_whole
    from {{ ref('int_crime__report_grid') }}
    union all
    select
        ori as unit,
        'NIBRS victims' as series,
        offense_family,
        month_no,
        cast(hispanic as double) as hispanic,
        cast(others as double) as others,
        cast(citywide as double) as citywide,
        is_sent = 1 as is_whole
    from {{ ref('int_crime__victim_grid') }}
),

pairs as (
    select
        today.unit,
        today.series,
        today.offense_family,
        today.month_no,
        {% for group in groups %}
        case when today.{{ group }} + earlier.{{ group }} > 0 then today.{{ group }} end as {{ group }},
        case when today.{{ group }} + earlier.{{ group }} > 0 then today.{{ group }} + earlier.{{ group }} end as {{ group }}_both{{ ',' if not loop.last }}
        {% endfor %}
    from counts as today
    left join counts as earlier
        on
            today.unit = earlier.unit
            and today.series = earlier.series
            and today.offense_family = earlier.offense_family
            and today.month_no - 12 = earlier.month_no
            and today.is_whole
            and earlier.is_whole
),

scattered as (
    select
        unit,
        series,
        offense_family,
        month_no,
        {% for group in groups %}
        count({{ group }}) over last_twelve as {{ group }}_months,
        sum({{ group }}) over last_twelve / sum({{ group }}_both) over last_twelve as {{ group }}_share,
        sum({{ group }} * {{ group }} / {{ group }}_both) over last_twelve
            - sum({{ group }}) over last_twelve * sum({{ group }}) over last_twelve / sum({{ group }}_both) over last_twelve
            as {{ group }}_squares{{ ',' if not loop.last }}
        {% endfor %}
    from pairs
    window last_twelve as (partition by unit, series, offense_family order by month_no range between 11 preceding and current row)
)

select
    unit,
    series,
    offense_family,
    month_no,
    cast(least(hispanic_months, others_months, citywide_months) - 1 as int) as dispersion_degrees,
    {% for group in groups %}
    -- counts that scatter less than a Poisson's are chance: no interval is narrower than a Poisson's
    greatest(
        1.0, coalesce({{ group }}_squares / nullif({{ group }}_share * (1.0 - {{ group }}_share), 0), 0) / ({{ group }}_months - 1)
    ) as {{ group }}_dispersion{{ ',' if not loop.last }}
    {% endfor %}
from scattered
-- with fewer months a dispersion is chance
where least(hispanic_months, others_months, citywide_months) >= 6
