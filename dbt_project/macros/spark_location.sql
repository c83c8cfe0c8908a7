{#-
    Every schema and table on Spark says where it is: under the folders that orchestration/engine/spark_dbt.py names. So
    the files are where the gate and the publisher look for them whatever the server's own warehouse is, and a build that
    ends can take its tables out of a shared catalogue and leave the files.
-#}
{%- macro spark__location_clause() -%}
    {%- set folder = env_var('CLAWBACK_SPARK_WAREHOUSE', '') -%}
    {%- if folder %}
    location {{ spark_literal(folder ~ '/' ~ this.schema ~ '.db/' ~ this.identifier) }}
    {%- endif -%}
{%- endmacro -%}

{%- macro spark__create_schema(relation) -%}
    {%- set folder = env_var('CLAWBACK_SPARK_CATALOGUE', '') -%}
    {%- call statement('create_schema') -%}
        create schema if not exists {{ relation }}
        {%- if folder %} location {{ spark_literal(folder ~ '/' ~ relation.schema ~ '.db') }}{% endif -%}
    {%- endcall -%}
{%- endmacro -%}
