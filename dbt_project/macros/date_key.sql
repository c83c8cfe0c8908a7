{#- The key of a day in dim_date; -1, the unknown member, if there is no date. -#}
{% macro date_key(day) -%}
    cast(coalesce(
        extract(year from {{ day }}) * 10000 + extract(month from {{ day }}) * 100 + extract(day from {{ day }}), -1
    ) as bigint)
{%- endmacro %}
