{#-
    Names of government units in one spelling. What belongs here: spelling alone, the same for the Census's names and for
    printed ones. What does not: which unit is meant (int_identity__*).

    spelled_name     upper case, no accents, no apostrophes or dots, words and / only, SAINT for ST, FORT for FT, MOUNT for MT
    compact_name     the same without blanks and joining words: DE KALB is DEKALB, KING & QUEEN is KING AND QUEEN
    census_unit_text a census name without its state
    census_legal_word and census_base_name   "Boise City city" is city and BOISE CITY
-#}
{% macro spelled_name(name) -%}
    {%- set plain = "translate(upper(" ~ name ~ "), 'ÁÀÂÄÃÉÈÊËÍÌÎÏÓÒÔÖÕÚÙÛÜÑÇ', 'AAAAAEEEEIIIIOOOOOUUUUNC')" -%}
    {%- set bare = "replace(replace(replace(replace(" ~ plain ~ ", '’', ''), 'ʻ', ''), '`', ''), chr(39), '')" -%}
    {%- set words -%}
        concat(' ', {{ regexp_replace_all(
            regexp_replace_all("replace(" ~ bare ~ ", '.', '')", "&", " AND "), "[^A-Z0-9/]+", " ") }}, ' ')
    {%- endset -%}
    trim(replace(replace(replace(replace({{ words }}, ' ST ', ' SAINT '), ' STE ', ' SAINTE '), ' FT ', ' FORT '), ' MT ', ' MOUNT '))
{%- endmacro %}

{% macro compact_name(name) -%}
    {{ regexp_replace_all(name, " (AND )?", "") }}
{%- endmacro %}

{% macro normalize_name(name) -%}
    {{ spelled_name(name) }}
{%- endmacro %}

{% macro census_legal_words() -%}
city and borough|metropolitan government|consolidated government|unified government|metro government|metro township|charter township|urban county|zona urbana|comunidad|municipality|corporation|plantation|township|village|borough|town|city|CDP|City and Borough|Census Area|Planning Region|Municipality|Municipio|County|Parish|Borough
{%- endmacro %}

{% macro census_unit_text(name) -%}
    trim({{ regexp_replace_all(name, " *[(][^)]*[)] *$", "") }})
{%- endmacro %}

{% macro census_legal_word(name) -%}
    nullif({{ regexp_extract(census_unit_text(name), " (" ~ census_legal_words() ~ ")$", 1) }}, '')
{%- endmacro %}

{% macro census_base_name(name) -%}
    {{ spelled_name(regexp_replace_all(census_unit_text(name), " (" ~ census_legal_words() ~ ")$", "")) }}
{%- endmacro %}
