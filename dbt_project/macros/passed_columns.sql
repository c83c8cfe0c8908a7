{#- The passed columns of a dataset (declared.sql), typed from the captured fields: lines of a base model's select. -#}
{% macro passed_fields(dataset) -%}
    {%- for column in passed_columns(dataset) %}
        {% if column.type == 'string' -%}
        {{ text_field(column.field) }}
        {%- else -%}
        try_cast({{ text_field(column.field) }} as {{ column.type }})
        {%- endif %} as {{ column.name }},
    {%- endfor %}
{%- endmacro %}

{#- The same by their names, of a relation: lines of a select further on. -#}
{% macro passed_of(dataset, relation) -%}
    {%- for column in passed_columns(dataset) %}
        {{ relation }}.{{ column.name }},
    {%- endfor %}
{%- endmacro %}

{#- Their names: what makes two captured versions of a record different. -#}
{% macro passed_names(dataset) -%}
    {{ return(passed_columns(dataset) | map(attribute='name') | list) }}
{%- endmacro %}

{#- Their captured fields, of a relation: the same of records as they came. -#}
{% macro passed_captured(dataset, relation) -%}
    {%- set fields = [] -%}
    {%- for column in passed_columns(dataset) -%}
        {%- do fields.append(relation ~ '.' ~ adapter.quote(column.field)) -%}
    {%- endfor -%}
    {{ return(fields) }}
{%- endmacro %}
