{#- What the models of incident reports need of a capture; a slice begins with the nine letters of its city's set. -#}
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
