{#- A publisher's field by its own name, quoted as the engine quotes. -#}
{% macro field(name) -%} {{ adapter.quote(name) }} {%- endmacro %}

{#- The same, trimmed, with the empty text as null: how every text field enters staging. -#}
{% macro text_field(name) -%} nullif({{ trimmed(adapter.quote(name)) }}, '') {%- endmacro %}

{#- A text without the blanks around it, in every engine those of Unicode's category Zs: DuckDB's trim takes them, Spark's
    the blank of the keyboard alone. -#}
{% macro trimmed(text) -%}
    {{ return(adapter.dispatch('trimmed')(text)) }}
{%- endmacro %}
{% macro default__trimmed(text) -%}
    trim(both ' \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000' from {{ text }})
{%- endmacro %}
{% macro duckdb__trimmed(text) -%} trim({{ text }}) {%- endmacro %}
