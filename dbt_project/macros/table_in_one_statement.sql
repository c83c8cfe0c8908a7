{#-
    A table on DuckDB, made in one statement under its own name.

    dbt-duckdb makes each table under another name, renames it, and drops the former one afterwards, so that readers never
    miss it. Nobody reads the build file while it is built: readers have a release. Descriptions are not written either:
    the release's file has them (orchestration/release/publish.py). Both were a fifth of the build's time.
-#}
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('made', fetch_result=True) -%}
        {%- if existing is not none %}
        drop {{ existing.type }} if exists {{ existing }} cascade;
        {%- endif %}
        {{ create_table_as(False, target, sql) }}
    {%- endcall %}
    {#- what dbt says of the table: how many rows it has -#}
    {%- set rows = load_result('made')['data'][0][0] %}
    {% call noop_statement('main', rows ~ ' rows', 'CREATE', rows) %}{{ sql }}{% endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#-
    For a model whose materialization does not say how many rows the table has: a post-hook that says it, in the same words.
    Dagster shows the rows while the build goes on (orchestration/assets/lineage.py).
-#}
{% macro say_rows() -%}
    {%- if execute -%}
        {%- do log(run_query('select count(*) from ' ~ this)[0][0] ~ ' rows', info=True) -%}
    {%- endif -%}
{%- endmacro %}
