{#-
    What the council models share.

    council_date      the day of a naive ISO time; year 1 is New York's mirror's way of saying none
    council_words     a text as its words, two blanks between them: orchestration/finder.py does the same, and a test
                      proves that both agree
    council_lower     ASCII letters only, the same in every engine
    calendar_key      the key of a day in dim_date; -1 where the register holds a day that no calendar of ours has
-#}
{% macro council_date(text) -%}
    case when substr({{ text }}, 1, 4) <> '0001' then try_cast(substr({{ text }}, 1, 10) as date) end
{%- endmacro %}

{% macro council_date_is_broken(text) -%}
    ({{ text }} is not null and try_cast(substr({{ text }}, 1, 10) as date) is null)
{%- endmacro %}

{% macro council_words(text) -%}
    concat(' ', trim({{ regexp_replace_all(text, '[^A-Za-z0-9]+', '  ') }}), ' ')
{%- endmacro %}

{% macro council_lower(text) -%}
    translate({{ text }}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
{%- endmacro %}

{#- How often words stand in words; both made by council_words. -#}
{% macro count_of_words(text, words) -%}
    ((length({{ text }}) - length(replace({{ text }}, {{ words }}, ''))) / length({{ words }}))
{%- endmacro %}

{% macro calendar_key(day) -%}
    case
        when {{ day }} between cast('1975-01-01' as date) and cast('2035-12-31' as date) then {{ date_key(day) }}
        else cast(-1 as bigint)
    end
{%- endmacro %}
