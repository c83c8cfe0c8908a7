{#-
    Half the 95% interval of a percentage, in percentage points: 1.96 * sqrt(deff * p * (100 - p) / n). deff is the
    variable ncvs_design_effect: our stated assumption for a clustered, weighted sample, in place of the survey's
    own variance parameters, which the public API does not carry.
-#}
{% macro reporting_half_interval(percent, n) -%}
    1.96 * sqrt({{ var('ncvs_design_effect') }} * ({{ percent }}) * (100.0 - ({{ percent }})) / cast({{ n }} as double))
{%- endmacro %}
