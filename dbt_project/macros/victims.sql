{#-
    How victims are counted: the measures of a cell, and the numbers that stand for its words while it is counted, because
    grouping by texts takes longer. In each list 0 is all of them.
-#}
{% macro victim_measures() -%}
    {{ return(['victims', 'incidents', 'report_date_incidents', 'several_offense_incidents']) }}
{%- endmacro %}

{% macro victim_groups() -%} {{ return(['all', 'hispanic', 'non_hispanic', 'ethnicity_unknown']) }} {%- endmacro %}

{% macro victim_sexes() -%} {{ return(['all', 'female', 'male', 'unknown']) }} {%- endmacro %}

{% macro victim_relations() -%} {{ return(['all', 'intimate_partner', 'other', 'officer', 'no person']) }} {%- endmacro %}

{#- The measures, each as the sum of its rows. -#}
{% macro victim_sums() -%}
    {%- for measure in victim_measures() %}
    cast(sum({{ measure }}) as bigint) as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
