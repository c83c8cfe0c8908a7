{#-
    A query: the printed names whose words name a kind of government, with the shortened forms by which units are looked up.
    What belongs here: the forms of a name that several rules share. What does not: the rules (int_identity__attempts*).
-#}
{% macro asked_names() %}
    select
        parsed.*,
        {{ compact_name('base') }} as base_compact,
        {{ compact_name('words') }} as words_compact,
        {{ compact_name('county_words') }} as county_compact,
        {{ compact_name("coalesce(second_county_words, '')") }} as second_county_compact,
        {{ regexp_replace_all('base', ' (CITY|TOWN|VILLAGE|BOROUGH|CHARTER TOWNSHIP|TOWNSHIP|TWP|PLANTATION)$', '') }} as base_short,
        nullif({{ regexp_extract('base', ' (CITY|TOWN|VILLAGE|BOROUGH)$', 1) }}, '') as base_legal,
        trim(split_part(base, '/', 1)) as base_half
    from {{ ref('int_identity__parsed') }} as parsed
    where level_group is not null
{% endmacro %}

{#- Whether a printed county is one of the two in which a unit of int_identity__names lies. -#}
{% macro is_in_printed_county(names, asked) -%}
    coalesce(
        {{ compact_name(names ~ '.within_county') }} in ({{ asked }}.county_compact, {{ asked }}.second_county_compact)
        or {{ compact_name(names ~ '.second_within_county') }} in ({{ asked }}.county_compact, {{ asked }}.second_county_compact), false
    )
{%- endmacro %}
