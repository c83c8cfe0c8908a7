{#- Schemas are the ones design names (core, analysis, meta), never target_prefix_core. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
