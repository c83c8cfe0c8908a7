{#-
    What the panel of policy and crime has a column for. What belongs here: lists that columns are named after, which a
    query cannot read from a seed. What does not: what an offence or a provision means (seeds/offenses, seeds/provisions).
-#}
{#- Code of the FBI -> name of the column. -#}
{% macro panel_offenses() -%}
    {{ return({
        'HOM': 'homicide', 'RPE': 'rape', 'ROB': 'robbery', 'ASS': 'aggravated_assault', 'BUR': 'burglary',
        'LAR': 'larceny', 'MVT': 'motor_vehicle_theft',
    }) }}
{%- endmacro %}

{#- Provisions with an event time of their own; preemption is the state's and stands apart. -#}
{% macro panel_provisions() -%}
    {{ return([
        'no_287g', 'no_detention_contract', 'detainer_limits', 'notification_limits', 'jail_interviews',
        'no_status_inquiry', 'general',
    ]) }}
{%- endmacro %}
