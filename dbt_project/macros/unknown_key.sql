{#- The unknown member of every dimension, for "nothing printed": foreign keys are never null, they point here. -#}
{% macro unknown_key() -%} '-1' {%- endmacro %}

{#- The United States among the units; the Census's API codes them us:1. -#}
{% macro nation_geoid() -%} '1' {%- endmacro %}

{#-
    Key of the member that a name without a unit has in dim_jurisdiction, so that two facts meet on the same unresolved
    name or not at all.
    words    the name in one spelling    kind   kind of body by its words, or what else the name is of
    county   the county beside it where several bodies of one state bear the name; else null
-#}
{% macro unresolved_key(words, state_code, kind, county="cast(null as " ~ dbt.type_string() ~ ")") -%}
    {{ surrogate_key(["'a name without a unit'", words, state_code, kind, county]) }}
{%- endmacro %}
