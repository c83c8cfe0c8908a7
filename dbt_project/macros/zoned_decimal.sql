{#-
    A whole number whose last character may carry the sign, as IBM's zoned decimals are written in text: { and A to I
    are +0 to +9, } and J to R are -0 to -9 (the FBI's master files write adjustments so). Null where it is none.
-#}
{% macro zoned_decimal(text) -%}
    {%- set last = "substr(" ~ text ~ ", length(" ~ text ~ "), 1)" -%}
    case
        when {{ regexp_matches(text, '^[0-9]*[}J-R]$') }}
            then -try_cast(concat(substr({{ text }}, 1, length({{ text }}) - 1), translate({{ last }}, '}JKLMNOPQR', '0123456789')) as bigint)
        when {{ regexp_matches(text, '^[0-9]*[{A-I]$') }}
            then try_cast(concat(substr({{ text }}, 1, length({{ text }}) - 1), translate({{ last }}, '{ABCDEFGHI', '0123456789')) as bigint)
        when {{ regexp_matches(text, '^-?[0-9]+$') }} then try_cast({{ text }} as bigint)
    end
{%- endmacro %}
