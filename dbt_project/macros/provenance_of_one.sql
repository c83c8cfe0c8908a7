{#-
The provenance of a grouped row: capture, payload and kind of one and the same record.

The maximum of each column on its own could come from different captures. Then no capture would hold the payload that
the row names, and the row could not be traced back to its bytes.

relation: alias of the relation that carries _capture_id, _payload_id and _kind; none if there is no alias.
Gives three columns of a select with `group by`: those of the greatest capture and payload of the group.
-#}
{%- macro provenance_of_one(relation=none) -%}
{%- set of = relation ~ '.' if relation else '' -%}
{%- set together = dbt.concat([of ~ '_capture_id', "'|'", of ~ '_payload_id', "'|'", of ~ '_kind']) -%}
{{ dbt.split_part('max(' ~ together ~ ')', "'|'", 1) }} as _capture_id,
    {{ dbt.split_part('max(' ~ together ~ ')', "'|'", 2) }} as _payload_id,
    {{ dbt.split_part('max(' ~ together ~ ')', "'|'", 3) }} as _kind
{%- endmacro -%}
