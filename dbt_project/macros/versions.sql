{#-
    What a model is made of, on DuckDB: schema `made` of the build file (orchestration/landing/raw_versions.py).

    The inputs of a model are the digest of its SQL and of the versions of all that it reads. A model has its inputs as
    its version, except a table that was made again and has the same rows as before: it keeps the version that it had, so
    that what reads it is kept too.
-#}

{#- The names in made.now of the relations that a model reads. An ephemeral model stands for what it reads itself. -#}
{% macro names_read(node, reads_own_captures) -%}
    {%- set found = [] -%}
    {%- set datasets = [] -%}
    {%- for parent in node.depends_on.nodes if parent.startswith('source.') and not parent.endswith('.capture') -%}
        {%- do datasets.append(graph.sources[parent].name) -%}
    {%- endfor -%}
    {%- for parent in node.depends_on.nodes -%}
        {%- if parent.startswith('source.') -%}
            {%- set name = graph.sources[parent].name -%}
            {%- if name == 'capture' and reads_own_captures -%}
                {%- for dataset in datasets %}{% do found.append('raw.capture/' ~ dataset) %}{% endfor -%}
            {%- else -%}
                {%- do found.append('raw.' ~ name) -%}
            {%- endif -%}
        {%- elif parent.startswith('model.') and graph.nodes[parent].config.materialized == 'ephemeral' -%}
            {%- do found.extend(names_read(graph.nodes[parent], reads_own_captures)) -%}
        {%- elif parent.startswith('model.') -%}
            {%- do found.append(parent) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | unique | sort) }}
{%- endmacro %}

{#- SQL: the inputs of a model. Where a parent has no single version, they are like no others, so the model is made. -#}
{% macro inputs_of(node, sql) -%}
    {%- set names = names_read(node, node.config.meta.get('reads_own_captures', false)) -%}
    {%- set seeds = [] -%}
    {%- for parent in node.depends_on.nodes if parent.startswith('seed.') -%}
        {%- do seeds.append(graph.nodes[parent].checksum.checksum) -%}
    {%- endfor -%}
    (
        select
            case
                when count(*) = {{ names | length }} and count(distinct name) = {{ names | length }}
                    then md5(concat('{{ local_md5(sql ~ (seeds | sort | join(","))) }}', string_agg(version, ',' order by name)))
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

{#- The rows of a relation as one text, whatever their order; a row that is there twice counts twice. -#}
{% macro rows_digest(relation) -%}
    {{ return(run_query(
        "select concat(count(*), ':', coalesce(sum(cast(hash(r) as hugeint)), 0)) from " ~ relation ~ " as r"
    )[0][0]) }}
{%- endmacro %}
