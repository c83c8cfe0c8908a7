{#- A printed name with straight quotes and single spaces: its variants between captures are one name. The curly quotes
    stand as they are: Spark's chr() knows 256 characters. -#}
{% macro one_spelling(name) -%}
    trim({{ regexp_replace_all(
        "replace(replace(" ~ name ~ ", '’', chr(39)), '‘', chr(39))",
        "[ \u00a0]+", " ") }})
{%- endmacro %}
