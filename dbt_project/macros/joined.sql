{#- The texts of a group joined in sorted order, so that every engine gives the same; null if there is none. -#}
{% macro joined(text, separator='; ') -%}
    {{ return(adapter.dispatch('joined')(text, separator)) }}
{%- endmacro %}
{% macro default__joined(text, separator) -%}
    nullif(array_join(array_sort(collect_list({{ text }})), '{{ separator }}'), '')
{%- endmacro %}
{% macro duckdb__joined(text, separator) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ text }})
{%- endmacro %}

{#- The same, each text once. -#}
{% macro joined_once(text, separator='; ') -%}
    {{ return(adapter.dispatch('joined_once')(text, separator)) }}
{%- endmacro %}
{% macro default__joined_once(text, separator) -%}
    nullif(array_join(array_sort(collect_set({{ text }})), '{{ separator }}'), '')
{%- endmacro %}
{% macro duckdb__joined_once(text, separator) -%}
    string_agg(distinct {{ text }}, '{{ separator }}' order by {{ text }})
{%- endmacro %}
