{#- The captures of a dataset that this build reads and of which a table, kept from the last build, has no rows. -#}
{% macro captures_new_to(relation, dataset) -%}
    select capture_id from {{ source('raw', 'capture') }}
    where dataset = '{{ dataset }}' and is_serving and capture_id not in (select distinct _capture_id from {{ relation }})
{%- endmacro %}
