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
    Whether a month lies after the newest one of the publisher's data, which the answer gives as 06/2026 or 6/2026: it is not
    reported yet, whatever number stands there. False where the answer names no newest month.
-#}
{% macro fbi_is_too_new(month_start, newest_data) -%}
    coalesce(
        {{ month_start }}
        > try_cast(concat(
            split_part({{ newest_data }}, '/', 2), '-', lpad(split_part({{ newest_data }}, '/', 1), 2, '0'), '-01'
        ) as date),
        false
    )
{%- endmacro %}

{#-
    The months of areas of one level (state, nation), with the columns that the tables of both have. A number of a month that
    is too new, or that has nothing of any kind, is no count.
-#}
{% macro fbi_area_months(level) -%}
    select
        {{ surrogate_key(['area_months.level', 'area_months.area', 'area_months.offense_code', 'area_months.month_start']) }}
            as area_month_key,
        area_months.area,
        {{ surrogate_key(["'FBI states and nation'"]) }} as series_key,
        case when offenses.offense_code is null then {{ unknown_key() }} else {{ surrogate_key(['offenses.offense_code']) }} end
            as offense_key,
        {{ date_key('area_months.month_start') }} as month_date_key,
        area_months.month_start,
        area_months.offense_code as fbi_offense_code,
        case when not area_months.is_too_new and area_months.offenses_of_all_kinds > 0 then area_months.offenses end as offenses,
        case when not area_months.is_too_new and area_months.offenses_of_all_kinds > 0 then area_months.cleared end as cleared,
        area_months.population,
        area_months.participated_population,
        case
            when area_months.offenses is null or area_months.is_too_new then 'not reported'
            -- as for an agency: a state without one offense of any kind sent nothing
            when area_months.offenses_of_all_kinds = 0 then 'suspect: nothing of any kind'
            else 'reported'
        end as coverage,
        area_months._capture_id,
        area_months._payload_id,
        area_months._record_no,
        area_months._kind
    from (
        select
            told.*,
            sum(abs(coalesce(told.offenses, 0))) over (partition by told.area, told.month_start) as offenses_of_all_kinds,
            {{ fbi_is_too_new('told.month_start', 'told.newest_data') }} as is_too_new
        from {{ ref('stg_fbi__area_months') }} as told
        where told.level = '{{ level }}'
    ) as area_months
    left join {{ ref('offenses') }} as offenses
        on area_months.offense_code = offenses.fbi_code
{%- endmacro %}
