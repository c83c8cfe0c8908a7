{#-
    One spelling of a government unit's name: upper case, words only, SAINT for ST, without the words that say
    its kind ("City of X", "X, City Of", "X city", "X Borough Of"). The kind is read separately (name_kind).
-#}
{% macro normalize_name(name) -%}
    {%- set spelled -%}
        trim({{ regexp_replace_all(
            regexp_replace_all("upper(" ~ name ~ ")", "[.`]", ""),
            "[^A-Z0-9/&]+", " ") }})
    {%- endset -%}
    {%- set legal -%}
        trim({{ regexp_replace_all(
            regexp_replace_all(spelled, "^(THE )?(CITY AND COUNTY|CITY|TOWN|VILLAGE|BOROUGH|COUNTY|GOVERNMENT) OF (THE )?", ""),
            " (CITY AND COUNTY|CITY|TOWN|VILLAGE|BOROUGH|COUNTY|PARISH) OF$", "") }})
    {%- endset -%}
    {{ regexp_replace_all(legal, "^(ST|STE) ", "SAINT ") }}
{%- endmacro %}

{#- A census name without its legal words: "Boise City city" is BOISE CITY, "Indianapolis city (balance)" INDIANAPOLIS. -#}
{% macro census_base_name(name) -%}
    {%- set unit = "split_part(" ~ name ~ ", ',', 1)" -%}
    {%- set bare -%}
        {{ regexp_replace_all(
            regexp_replace_all(unit, " [(]balance[)]$", ""),
            " (city and borough|city|town|village|borough|municipality|CDP|urban county|metro government|metropolitan government|consolidated government|unified government|County|Parish|Census Area|Borough|Municipality|Planning Region)$",
            "") }}
    {%- endset -%}
    {{ normalize_name(bare) }}
{%- endmacro %}
