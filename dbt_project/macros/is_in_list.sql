{#- Whether a text is in a list that a seed writes with semicolons: 06 is not in 0644000;3651000. -#}
{% macro is_in_list(text, list) -%}
    {{ dbt.position("concat(';', " ~ text ~ ", ';')", "concat(';', " ~ list ~ ", ';')") }} > 0
{%- endmacro %}
