{#-
    The sum of fractions as a double, the same to the last bit whatever the order in which the rows come.

    Doubles do not add up alike in every order, and the order depends on threads and files. Each value is rounded to ten
    decimals, and decimals are added exactly. Whole numbers, decimals and counts need no such care: sum() is exact.
-#}
{% macro exact_sum(value) -%}
    cast(sum(cast({{ value }} as decimal(28, 10))) as double)
{%- endmacro %}
