{#-
    A sentence of seeds/claim_sentences with its {words} filled in.
    template: SQL text; words: name -> SQL text that is never null.
-#}
{% macro sentence(template, words) -%}
    {%- set filled = namespace(sql=template) -%}
    {%- for name, text in words.items() -%}
        {%- set filled.sql = "replace(" ~ filled.sql ~ ", '{" ~ name ~ "}', " ~ text ~ ")" -%}
    {%- endfor -%}
    {{ filled.sql }}
{%- endmacro %}

{#- A figure in words, or a word that says it is missing. -#}
{% macro in_words(figure, missing='unknown') -%}
    coalesce(cast({{ figure }} as {{ dbt.type_string() }}), '{{ missing }}')
{%- endmacro %}
