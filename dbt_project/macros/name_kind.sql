{#- The kind of a name by the precedence of its pattern: the pattern's own, or the one printed beside the name. -#}
{% macro name_kind(precedence) -%}
    case
        {% for row in name_patterns() %}
        when {{ precedence }} = {{ row.precedence }}
            then {{ 'hint' if row.kind in ('as the heading', 'as the hint') else "'" ~ row.kind ~ "'" }}
        {% endfor %}
        else 'unknown'
    end
{%- endmacro %}
