{#- The unknown member of every dimension, for "nothing printed". Foreign keys are never null; they point here. -#}
{% macro unknown_key() -%} '-1' {%- endmacro %}

{#- Key of a listing and a program area; that of the unknown member if neither is known. -#}
{% macro program_key(assistance_listing, program_area) -%}
    case
        when coalesce({{ assistance_listing }}, 'unknown') = 'unknown' and {{ program_area }} = 'unknown' then {{ unknown_key() }}
        else {{ surrogate_key(["coalesce(" ~ assistance_listing ~ ", 'unknown')", program_area]) }}
    end
{%- endmacro %}

{#- The United States among the units; the Census's API codes them us:1. -#}
{% macro nation_geoid() -%} '1' {%- endmacro %}

{#-
    Key of the member of dim_jurisdiction that stands for a name without a unit, so that two facts join on the same
    unresolved name only.
    words    the name in one spelling    kind   kind of body by its words, or what the name comes from
    county   the county beside it if several bodies of one state share the name; else null
-#}
{% macro unresolved_key(words, state_code, kind, county="cast(null as " ~ dbt.type_string() ~ ")") -%}
    {{ surrogate_key(["'a name without a unit'", words, state_code, kind, county]) }}
{%- endmacro %}
