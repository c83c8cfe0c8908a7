{#-
    The day that a field holds as people write it: 2025-03-03 or 3/3/2025 (with or without a time), or a spreadsheet's
    serial number (days since 1899-12-30; 20000 to 80000 are 1954 to 2119).
    Null if the text is none of these, or its year is not between 1900 and 2100 (a mistyped 5025 or 0205).
-#}
{% macro printed_day(text) -%}
    {%- set day -%}
        case
            when {{ regexp_matches(text, '^[0-9]{4}-[0-9]{2}-[0-9]{2}') }} then try_cast(substr({{ text }}, 1, 10) as date)
            when {{ regexp_matches(text, '^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}( .*)?$') }} then try_cast(concat(
                substr(split_part({{ text }}, '/', 3), 1, 4), '-', lpad(split_part({{ text }}, '/', 1), 2, '0'), '-',
                lpad(split_part({{ text }}, '/', 2), 2, '0')
            ) as date)
            when {{ regexp_matches(text, '^[2-7][0-9]{4}([.]0+)?$') }} then cast({{ dbt.dateadd(
                'day', "try_cast(split_part(" ~ text ~ ", '.', 1) as int)", "cast('1899-12-30' as date)"
            ) }} as date)
        end
    {%- endset -%}
    case
        when {{ day }} between cast('1900-01-01' as date) and cast('2100-12-31' as date) then {{ day }}
    end
{%- endmacro %}
