{#-
    Lists that columns of the panel of policy and crime are named after: a query cannot read them from a seed. What does not: what an offence or a provision means (seeds/offenses, seeds/provisions).
-#}
{#- The FBI's code -> name of the column; arson is not among the monthly offences. -#}
{% macro panel_offenses() -%}
    {%- set names = {} -%}
    {%- for offense in declared_fbi_offenses() if offense.return_a -%}
        {%- do names.update({offense.code: offense.name}) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{#- Provisions with an event time of their own. Preemption is the state's and is not among them. -#}
{% macro panel_provisions() -%}
    {{ return(declared_provisions() | reject('equalto', 'preemption') | list) }}
{%- endmacro %}
