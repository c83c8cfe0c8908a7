{#- Federal fiscal year of a day: it begins on 1 October of the year before. -#}
{% macro fiscal_year(day) -%}
    (cast(extract(year from {{ day }}) as int) + case when extract(month from {{ day }}) >= 10 then 1 else 0 end)
{%- endmacro %}
