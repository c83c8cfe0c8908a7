{#- The unknown member of every dimension: foreign keys are never null, they point here. -#}
{% macro unknown_key() -%} '-1' {%- endmacro %}
