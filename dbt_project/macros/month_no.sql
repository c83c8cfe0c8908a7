{#- A month counted from year 0, so that the difference of two is months apart. Null if there is no day. -#}
{% macro month_no(day) -%}
    (extract(year from {{ day }}) * 12 + extract(month from {{ day }}))
{%- endmacro %}
