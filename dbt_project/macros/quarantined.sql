{#- The records of a dataset that could not be typed: every field as it came, and the reason. -#}
{% macro quarantined(dataset) %}
select
    base._reject_reason,
    captured.*
from {{ source('raw', dataset) }} as captured
inner join {{ ref('base_' ~ dataset) }} as base
    on
        captured._capture_id = base._capture_id
        and captured._payload_id = base._payload_id
        and captured._record_no = base._record_no
where base._fate = 'quarantined'
{% endmacro %}
