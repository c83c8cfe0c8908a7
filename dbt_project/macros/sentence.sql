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

{#- An amount in words: never a zero, nor a unit alone, for what is not known. -#}
{% macro dollars_in_words(amount) -%}
    case when {{ amount }} is null then 'no amount known'
        else concat(cast(cast({{ amount }} as bigint) as {{ dbt.type_string() }}), ' USD') end
{%- endmacro %}

{#-
    The sentences of a model that judges claims: `whys` and `evidences`, joined to its last step by the kind of the claim
    and the codes that it chose.
-#}
{% macro claim_sentences_of(judged) -%}
left join {{ ref('claim_sentences') }} as whys
    on {{ judged }}.claim_kind = whys.claim_kind and whys.part = 'why' and {{ judged }}.why_code = whys.code
left join {{ ref('claim_sentences') }} as evidences
    on {{ judged }}.claim_kind = evidences.claim_kind and evidences.part = 'evidence' and {{ judged }}.evidence_code = evidences.code
{%- endmacro %}
