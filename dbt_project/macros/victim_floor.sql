{#-
    The fewest victims of a published or drawn cell: 5. The threshold rule of the Federal Committee on Statistical
    Methodology (Statistical Policy Working Paper 22, second version, 2005, chapter II): a cell is sensitive if fewer
    than a set number of respondents are in it, and agencies require 3 or 5.
-#}
{% macro victim_floor() -%} 5 {%- endmacro %}
