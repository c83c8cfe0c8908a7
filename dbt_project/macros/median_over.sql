{#- Median of a value over a window frame, the mean of the middle two if their number is even; nulls are left out. -#}
{% macro median_over(value, window) -%}
    {{ return(adapter.dispatch('median_over')(value, window)) }}
{%- endmacro %}
{% macro default__median_over(value, window) -%}
    percentile({{ value }}, 0.5) over ({{ window }})
{%- endmacro %}
{% macro duckdb__median_over(value, window) -%}
    median({{ value }}) over ({{ window }})
{%- endmacro %}
