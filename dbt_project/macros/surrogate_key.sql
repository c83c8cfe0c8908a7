{#- A text key over several parts. The separator is the unit separator (31), which no publisher's
    text holds, and null has a mark of its own, so ('a', null) and (null, 'a') differ. -#}
{% macro surrogate_key(parts) -%}
    {%- set pieces = [] -%}
    {%- for part in parts -%}
        {%- do pieces.append("coalesce(cast(" ~ part ~ " as " ~ dbt.type_string() ~ "), chr(30))") -%}
        {%- if not loop.last -%}{%- do pieces.append("chr(31)") -%}{%- endif -%}
    {%- endfor -%}
    {{ dbt.hash(dbt.concat(pieces)) }}
{%- endmacro %}
