{#-
    A table on DuckDB, made in one statement under its own name, or kept from the last build if all that it is made of is
    as it was (versions.sql).

    dbt-duckdb makes each table under another name, renames it, and drops the former one afterwards, so that readers never
    miss it. Nobody reads the build file while it is built: readers have a release. Descriptions are not written either:
    the release's file has them (orchestration/release/publish.py). Both were a fifth of the build's time.
-#}
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set known = known_of(model, sql) if existing is not none and existing.is_table else none -%}
    {%- set before = rows_digest(this) if known and known.version and not known.is_current else none -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if known and known.is_current %}
    {% call statement('made', fetch_result=True) -%}
        insert into made.now values ('{{ model.unique_id }}', '{{ known.inputs }}', '{{ known.version }}', true);
        select count(*) from {{ this }};
    {%- endcall %}
    {%- else %}
    {% call statement('made', fetch_result=True) -%}
        {%- if known %}
        drop table if exists {{ existing }} cascade;
        {%- elif existing is not none %}
        drop {{ existing.type }} if exists {{ existing }} cascade;
        {%- endif %}
        {%- if not before %}
        {{ note_inputs(model, sql) }}
        {%- endif %}
        {{ create_table_as(False, target, sql) }}
    {%- endcall %}
    {%- endif %}
    {#- what dbt says of the table: how many rows it has -#}
    {%- set rows = load_result('made')['data'][0][0] %}
    {%- if before %}
        {%- set version = known.version if rows_digest(this) == before else known.inputs %}
        {% call statement('noted') -%}
            insert into made.now values ('{{ model.unique_id }}', '{{ known.inputs }}', '{{ version }}', false);
        {%- endcall %}
    {%- endif %}
    {% call noop_statement('main', rows ~ ' rows', 'CREATE', rows) %}{{ sql }}{% endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#- A view on DuckDB, for the same reasons made in one statement under its own name. It is made in every build. -#}
{% materialization view, adapter='duckdb' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='view') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') -%}
        {%- if existing is not none %}
        drop {{ existing.type }} if exists {{ existing }} cascade;
        {%- endif %}
        {{ note_inputs(model, sql) }}
        {{ get_create_view_as_sql(target, sql) }}
    {%- endcall %}
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
