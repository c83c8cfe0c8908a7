{#-
    The least share of victims of known ethnicity with which groups are compared, and by how much it may move between the
    periods. The shares of agencies lie at both ends (docs/reporting.md), so that little depends on the exact number.
-#}
{% macro known_share_needed() -%} 0.8 {%- endmacro %}
{% macro known_share_may_move() -%} 0.05 {%- endmacro %}
