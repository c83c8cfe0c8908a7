{#- A printed name with straight quotes and single spaces: its variants between captures are one name. -#}
{% macro one_spelling(name) -%}
    trim({{ regexp_replace_all(
        "replace(replace(" ~ name ~ ", chr(8217), chr(39)), chr(8216), chr(39))",
        "[ " ~ "]+", " ") }})
{%- endmacro %}
