{#- The unknown member of every dimension, for "nothing printed": foreign keys are never null, they point here. -#}
{% macro unknown_key() -%} '-1' {%- endmacro %}

{#- A listing and a programme area; where neither is known there is one member for it, the unknown one. -#}
{% macro program_key(assistance_listing, program_area) -%}
    case
        when coalesce({{ assistance_listing }}, 'unknown') = 'unknown' and {{ program_area }} = 'unknown' then {{ unknown_key() }}
        else {{ surrogate_key(["coalesce(" ~ assistance_listing ~ ", 'unknown')", program_area]) }}
    end
{%- endmacro %}

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
