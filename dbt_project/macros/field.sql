{#- A publisher's field by its own name, quoted as the engine quotes. -#}
{% macro field(name) -%} {{ adapter.quote(name) }} {%- endmacro %}

{#- The same, trimmed, with the empty text as null: how every text field enters staging. -#}
{% macro text_field(name) -%} nullif(trim({{ adapter.quote(name) }}), '') {%- endmacro %}
