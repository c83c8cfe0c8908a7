{#- Regular expressions without backslashes ([0-9], not \d): Spark reads a backslash in a literal as an escape. -#}
{% macro regexp_replace_all(text, pattern, replacement) -%}
    {{ return(adapter.dispatch('regexp_replace_all')(text, pattern, replacement)) }}
{%- endmacro %}
{% macro default__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro %}
{% macro duckdb__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro regexp_matches(text, pattern) -%}
    {{ return(adapter.dispatch('regexp_matches')(text, pattern)) }}
{%- endmacro %}
{% macro default__regexp_matches(text, pattern) -%} ({{ text }} rlike '{{ pattern }}') {%- endmacro %}
{% macro duckdb__regexp_matches(text, pattern) -%} regexp_matches({{ text }}, '{{ pattern }}') {%- endmacro %}

{#- The group of the first match; an empty text where nothing matches, in both engines. -#}
{% macro regexp_extract(text, pattern, group) -%} regexp_extract({{ text }}, '{{ pattern }}', {{ group }}) {%- endmacro %}
