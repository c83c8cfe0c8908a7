{#-
    A day as the FBI's archives write it, as a date: 2012-01-02 00:00:00, 2024-02-06 or 02-JAN-17. NIBRS began in 1985:
    two digits of a year from 85 on are of the last century. An agency's start can lie after the archive's year, because
    an archive is built later, so the year is not resolved against the archive's.
-#}
{% macro nibrs_day(text) -%}
    case
        when {{ regexp_matches(text, '^[0-9]{4}-[0-9]{2}-[0-9]{2}') }} then try_cast(substr({{ text }}, 1, 10) as date)
        when {{ regexp_matches(text, '^[0-9]{2}-(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)-[0-9]{2}$') }} then try_cast(concat(
            case when substr({{ text }}, 8, 2) >= '85' then '19' else '20' end,
            substr({{ text }}, 8, 2), '-',
            lpad(cast(cast(({{ dbt.position('substr(' ~ text ~ ', 4, 3)', "'JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC'") }} + 2) / 3
                as int) as {{ dbt.type_string() }}), 2, '0'),
            '-', substr({{ text }}, 1, 2)
        ) as date)
    end
{%- endmacro %}
