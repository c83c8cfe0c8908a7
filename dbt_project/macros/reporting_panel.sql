{#-
    Families of the panel of victims, each with a column a group: those that a person may report or not, and motor vehicle
    theft, which insurers ask for a report of: the placebo offense. What does not belong here: the codes (nibrs_offense_codes).
-#}
{% macro reporting_panel_families() -%}
    {{ return(['all_offenses', 'rape_sexual_assault', 'robbery', 'aggravated_assault', 'simple_assault', 'burglary',
        'motor_vehicle_theft']) }}
{%- endmacro %}
