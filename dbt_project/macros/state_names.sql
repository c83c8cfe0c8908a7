{#-
    A query: every name, postal code and known spelling of a state or territory, with its postal code. What belongs here:
    the join of the seeds states and state_spellings. What does not: spellings themselves (seeds).
-#}
{% macro state_names() %}
    select {{ spelled_name('name') }} as spelling, postal from {{ ref('states') }}
    union all
    select postal as spelling, postal from {{ ref('states') }}
    union all
    select spelling, postal from {{ ref('state_spellings') }}
{% endmacro %}
