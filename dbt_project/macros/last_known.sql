{#- The last value that is not null up to and with the current row, in each group; null before the first. -#}
{% macro last_known(column, group, order) -%}
    {{ return(adapter.dispatch('last_known')(column, group, order)) }}
{%- endmacro %}
{% macro default__last_known(column, group, order) -%}
    last_value({{ column }}, true) over (
        partition by {{ group }} order by {{ order }} rows between unbounded preceding and current row
    )
{%- endmacro %}
{% macro duckdb__last_known(column, group, order) -%}
    last_value({{ column }} ignore nulls) over (
        partition by {{ group }} order by {{ order }} rows between unbounded preceding and current row
    )
{%- endmacro %}
