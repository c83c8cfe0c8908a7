{#- What the models of incident reports need to know of a capture. A slice begins with the nine characters of its data set. -#}
{% macro captures_of_sets() -%}
    (
        select
            capture_id as _serving_id,
            kind as _kind,
            retrieved_at as _retrieved_at,
            substr(slice, 1, 9) as _set_id
        from {{ source('raw', 'capture') }}
    )
{%- endmacro %}
