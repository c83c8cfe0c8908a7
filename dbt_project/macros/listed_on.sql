{#-
    Whether a row of fct_tracker_listing or fct_listed_unit was on the list on a day: from listed_from to the day before
    listed_to. This is the one definition of "listed on a day"; the named queries write out the same condition.
    spell   alias of the table    day   an expression of type date
-#}
{% macro listed_on(spell, day) -%}
    {{ spell }}.listed_from <= {{ day }} and ({{ spell }}.listed_to is null or {{ spell }}.listed_to > {{ day }})
{%- endmacro %}

{#- The same for a year: on the list on any day of it. -#}
{% macro listed_in_year(spell, year) -%}
    extract(year from {{ spell }}.listed_from) <= {{ year }}
    and ({{ spell }}.listed_to is null or {{ spell }}.listed_to > cast(concat(cast({{ year }} as {{ dbt.type_string() }}), '-01-01') as date))
{%- endmacro %}
