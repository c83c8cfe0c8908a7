{#- On Spark a view is a table: views live in a catalogue that ends with the session, and each reader would compute them
    again. What is left must be Parquet, which the gate and the publisher read (orchestration/engine/on_spark.py). -#}
{%- materialization view, adapter='spark' -%}
    {{ return(materialization_table_spark()) }}
{%- endmaterialization -%}
