{#-
    The fewest victims of a published or drawn cell: 5. The threshold rule of statistical disclosure control holds a cell of
    a table of counts to be sensitive if fewer than a set number stand in it; some agencies require five, others three, and
    categories are combined where a cell falls short (UNECE and Eurostat, Glossary of Statistical Disclosure Control,
    Geneva 2005, "threshold rule": https://stats.oecd.org/glossary/detail.asp?ID=7010). The glossary recommends no number.
-#}
{% macro victim_floor() -%} 5 {%- endmacro %}
