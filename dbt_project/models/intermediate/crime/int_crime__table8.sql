-- The annual table by offence. A year's rape may stand under two definitions: two rows, never one sum.
{% for code, column, definition in declared_table8_offenses() %}
select
    table8.state_code,
    table8.city,
    table8.table_year,
    '{{ code }}' as offense_code,
    {% if definition == 'heading' -%}
    -- since 2017 the heading says "Rape" alone and means the revised definition; before 2013 there was no other than the legacy
    case
        when table8.table_year >= 2017 then 'revised'
        when table8.table_year < 2013 then 'legacy'
        else 'legacy or revised'
    end
    {%- else -%}
    '{{ definition }}'
    {%- endif %} as definition,
    table8.{{ column }} as offenses,
    table8.population,
    table8.footnotes,
    table8.footnote_texts,
    table8.state_footnotes,
    table8._capture_id,
    table8._payload_id,
    table8._record_no,
    table8._kind
from {{ ref('stg_fbi__table8') }} as table8
{% if definition != 'none' -%}
where table8.{{ column }} is not null
{% endif %}
{% if not loop.last %}union all{% endif %}
{% endfor %}
