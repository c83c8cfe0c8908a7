{#- Whether the year at the start of a text is before 1700 or after 2100, and so mistyped (0217 for 2017). -#}
{% macro is_mistyped_year(text) -%}
    (substr({{ text }}, 1, 4) < '1700' or substr({{ text }}, 1, 4) > '2100')
{%- endmacro %}
