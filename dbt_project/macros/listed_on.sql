{#-
    Whether a spell of fct_tracker_listing or fct_listed_unit holds on a day: from its first day on, to the day before
    listed_to. The one definition of "listed on a day"; the named questions write out the same condition.
    spell   alias of the table    day   an expression of type date
-#}
{% macro listed_on(spell, day) -%}
    {{ spell }}.listed_from <= {{ day }} and ({{ spell }}.listed_to is null or {{ spell }}.listed_to > {{ day }})
{%- endmacro %}
