{#- What the monthly series of agencies and of areas share: the FBI's Explorer writes both alike. -#}

{#- First day of a month that is written mm-yyyy; null if it is written otherwise. -#}
{% macro fbi_month_start() -%}
    try_cast(
        concat(substr({{ text_field('month') }}, 4, 4), '-', substr({{ text_field('month') }}, 1, 2), '-01') as date
    )
{%- endmacro %}

{#- Conditions of a CASE with the reason why a count of a month cannot be read. The bounds are those of dim_date. -#}
{% macro fbi_month_faults() -%}
            when offense_code is null then 'no offence code'
            when month_start is null then 'month is not mm-yyyy'
            when month_start < cast('1975-01-01' as date) or month_start > cast('2035-12-01' as date)
                then 'month is outside 1975 to 2035'
            when month_start > cast(retrieved_at as date) then 'month had not begun when it was captured'
            when actual is not null and try_cast(actual as bigint) is null then 'actual is not a whole number'
            when cleared is not null and try_cast(cleared as bigint) is null then 'cleared is not a whole number'
{%- endmacro %}

{#-
    Whether a month lies after the newest one of the publisher's data, which the answer gives as 06/2026: it is not reported
    yet, whatever number stands there. False where the answer names no newest month.
-#}
{% macro fbi_is_too_new(month_start, newest_data) -%}
    coalesce(
        {{ month_start }}
        > try_cast(concat(substr({{ newest_data }}, 4, 4), '-', substr({{ newest_data }}, 1, 2), '-01') as date),
        false
    )
{%- endmacro %}
