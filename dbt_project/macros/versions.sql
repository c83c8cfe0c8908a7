{#-
    What a model is made of, on DuckDB: schema `made` of the build file (orchestration/landing/raw_versions.py).

    The inputs of a model are the digest of its SQL and of the versions of all that it reads. A model has its inputs as
    its version, except a table that was made again and has the same rows as before: it keeps the version that it had, so
    that what reads it is kept too.
-#}

{#- What a model reads: unique ids of sources, seeds, tables and views. An ephemeral model stands for what it reads. -#}
{% macro read_by(node) -%}
    {%- set found = [] -%}
    {%- for parent in node.depends_on.nodes -%}
        {%- if parent.startswith('model.') and graph.nodes[parent].config.materialized == 'ephemeral' -%}
            {%- do found.extend(read_by(graph.nodes[parent])) -%}
        {%- else -%}
            {%- do found.append(parent) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | unique | sort) }}
{%- endmacro %}

{#- The names in made.now of the tables and views that a model reads, but seeds: those are loaded in each build. -#}
{% macro names_read(node) -%}
    {%- set read = read_by(node) -%}
    {%- set raw = [] -%}
    {%- for parent in read if parent.startswith('source.') %}{% do raw.append(graph.sources[parent].name) %}{% endfor -%}
    {%- set found = [] -%}
    {%- for parent in read if parent.startswith('model.') %}{% do found.append(parent) %}{% endfor -%}
    {%- for name in raw -%}
        {%- if name == 'capture' and node.config.meta.get('reads_own_captures') -%}
            {%- for dataset in raw if dataset != 'capture' %}{% do found.append('raw.capture/' ~ dataset) %}{% endfor -%}
        {%- else -%}
            {%- do found.append('raw.' ~ name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- SQL: the inputs of a model. Where a parent has no single version, they are like no others, so the model is made. -#}
{% macro inputs_of(node, sql) -%}
    {%- set names = names_read(node) -%}
    {%- set texts = [sql] -%}
    {%- for parent in read_by(node) if parent.startswith('seed.') -%}
        {%- do texts.append(graph.nodes[parent].checksum.checksum) -%}
    {%- endfor -%}
    (
        select
            case
                when count(*) = {{ names | length }} and count(distinct name) = {{ names | length }}
                    then md5(concat('{{ local_md5(texts | join("\n")) }}', string_agg(version, ',' order by name)))
                else cast(uuid() as varchar)
            end
        from made.now
        where name in ('{{ names | join("', '") }}')
    )
{%- endmacro %}

{#- SQL: an entry for this model, whose version is its inputs. -#}
{% macro note_inputs(node, sql) -%}
    insert into made.now
    select '{{ node.unique_id }}', inputs, inputs, false from (select {{ inputs_of(node, sql) }} as inputs);
{%- endmacro %}

{#-
    What is known of this model's table before it is made: `inputs`, `version` (of the table that is there) and whether it
    `is_current`. A second run on the same raw views makes everything again: what a person changes by hand in between,
    nobody knows.
-#}
{% macro known_of(node, sql) -%}
    {%- set known = run_query(
        "select now.inputs, before.version, coalesce(before.inputs = now.inputs, false)"
        ~ " and not exists (from made.now where name = '" ~ node.unique_id ~ "')"
        ~ " from (select " ~ inputs_of(node, sql) ~ " as inputs) as now"
        ~ " left join made.before as before on before.name = '" ~ node.unique_id ~ "'"
    )[0] -%}
    {{ return({'inputs': known[0], 'version': known[1], 'is_current': known[2]}) }}
{%- endmacro %}

{#-
    The rows of a relation as one text, whatever their order; a row that is there twice counts twice. DuckDB's own hash,
    because it is compared within one file alone: what leaves a build is hashed by orchestration/release/row_hashes.py.
-#}
{% macro rows_digest(relation) -%}
    {{ return(run_query(
        "select concat(count(*), ':', coalesce(sum(cast(hash(r) as hugeint)), 0)) from " ~ relation ~ " as r"
    )[0][0]) }}
{%- endmacro %}
