{#-
    Toptier code of an awarding agency, three digits as text ('015' is the Department of Justice). The code is the key:
    the publisher has spelled the name in several ways (DEPARTMENT OF JUSTICE (DOJ) in files of 2018). Where a record
    has no code, the Department of Justice is recognized by the beginning of its name, another agency by its whole name.
    code, name   expressions of type text
-#}
{% macro agency_code(code, name) -%}
    coalesce(
        case when length({{ code }}) < 3 then concat(substr('000', 1, 3 - length({{ code }})), {{ code }}) else {{ code }} end,
        case when upper({{ name }}) like 'DEPARTMENT OF JUSTICE%' then '015' end,
        upper({{ name }}),
        'unknown'
    )
{%- endmacro %}
