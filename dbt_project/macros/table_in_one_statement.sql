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
    {% call statement('main') -%}
        {%- if existing is not none %}
        drop {{ existing.type }} if exists {{ existing }} cascade;
        {%- endif %}
        {{ create_table_as(False, target, sql) }}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target]}) }}
{% endmaterialization %}
