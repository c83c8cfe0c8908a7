{#-
    What the council models share.

    council_date      the day of an ISO time without zone; year 1 means none in New York's archive
    council_date_is_broken  whether a text that is not null cannot be a day
    council_body_kind which body acted
    council_words     a text as its words, two blanks between them: orchestration/councils/finder.py does the same, and
                      a test proves that both agree
    council_lower     ASCII letters only, the same in every engine
    calendar_key      the key of a day in dim_date; -1 if the day is outside dim_date
-#}
{% macro council_date(text) -%}
    case
        when substr({{ text }}, 1, 4) <> '0001' and not {{ council_date_is_broken(text) }}
            then try_cast(substr({{ text }}, 1, 10) as date)
    end
{%- endmacro %}

{#- A mistyped year is not a date, nor are letters. -#}
{% macro council_date_is_broken(text) -%}
    (
        {{ text }} is not null
        and coalesce(
            try_cast(substr({{ text }}, 1, 10) as date) is null
            or (substr({{ text }}, 1, 4) <> '0001' and {{ is_mistyped_year(text) }}),
            true
        )
    )
{%- endmacro %}

{#-
    Which body acted, by its name: council, committee (or another part of a council), executive, other (a body that may or
    may not be the council), or assumed if no body is named: then the act counts as the council's.
-#}
{% macro council_body_kind(body_name) -%}
    {%- set words = council_lower(council_words(body_name)) -%}
    {%- set kinds = [
        ('committee', ['committee', 'subcommittee', 'comm', 'cmte', 'caucus', 'staff', 'task  force', 'advisory']),
        ('council', ['council', 'supervisors', 'aldermen', 'alderpersons', 'commissioners', 'legislature',
                     'city  commission', 'county  commission', 'county  board', 'selectmen', 'select  board']),
        ('executive', ['mayor', 'executive', 'administration']),
    ] -%}
    case
        when {{ body_name }} is null then 'assumed'
        {%- for kind, names in kinds %}
        when {% for name in names %}{{ words }} like '% {{ name }} %'{% if not loop.last %} or {% endif %}{% endfor %} then '{{ kind }}'
        {%- endfor %}
        else 'other'
    end
{%- endmacro %}

{% macro council_words(text) -%}
    concat(' ', trim({{ regexp_replace_all(text, '[^A-Za-z0-9]+', '  ') }}), ' ')
{%- endmacro %}

{% macro council_lower(text) -%}
    translate({{ text }}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
{%- endmacro %}

{#- How often one text of words occurs in another; both are made by council_words. -#}
{% macro count_of_words(text, words) -%}
    ((length({{ text }}) - length(replace({{ text }}, {{ words }}, ''))) / length({{ words }}))
{%- endmacro %}

{% macro calendar_key(day) -%}
    case
        when {{ day }} between cast('1975-01-01' as date) and cast('2035-12-31' as date) then {{ date_key(day) }}
        else cast(-1 as bigint)
    end
{%- endmacro %}
