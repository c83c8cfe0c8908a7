{#-
The provenance of a group's row: capture, payload and kind of one and the same of its records.

Each column's own maximum may come from another capture than its neighbour's; then no capture holds the payload that
the row names, and nobody can follow the row back to the bytes.

relation: alias of the relation that carries _capture_id, _payload_id and _kind; none where there is no alias.
Gives three columns of a select with `group by`: those of the greatest capture and payload of the group.
-#}
{%- macro provenance_of_one(relation=none) -%}
{%- set of = relation ~ '.' if relation else '' -%}
{%- set together = dbt.concat([of ~ '_capture_id', "'|'", of ~ '_payload_id', "'|'", of ~ '_kind']) -%}
{{ dbt.split_part('max(' ~ together ~ ')', "'|'", 1) }} as _capture_id,
    {{ dbt.split_part('max(' ~ together ~ ')', "'|'", 2) }} as _payload_id,
    {{ dbt.split_part('max(' ~ together ~ ')', "'|'", 3) }} as _kind
{%- endmacro -%}
