{#-
    What the council models share.

    council_date      the day of a naive ISO time; year 1 is New York's mirror's way of saying none
    council_date_is_broken  whether a text that is there is no day that a register can mean
    council_body_kind whose act an action is
    council_words     a text as its words, two blanks between them: orchestration/councils/finder.py does the same, and
                      a test proves that both agree
    council_lower     ASCII letters only, the same in every engine
    calendar_key      the key of a day in dim_date; -1 where the register holds a day that no calendar of ours has
-#}
{% macro council_date(text) -%}
    case
        when substr({{ text }}, 1, 4) <> '0001' and not {{ council_date_is_broken(text) }}
            then try_cast(substr({{ text }}, 1, 10) as date)
    end
{%- endmacro %}

{#- A year that is no register's is no date, as letters are none. -#}
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
    Whose act an action is, by the name of the body: council, committee (or another part of a council), executive,
    other (a body that may or may not be the council), or assumed where no body is named: then it is the client's council.
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
