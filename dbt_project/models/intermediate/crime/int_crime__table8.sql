-- The annual table by offence. A year's rape may stand under two definitions: two rows, never one sum.
{%- set offenses = [
    ('HOM', 'murder', 'none'), ('RPE', 'rape_legacy', 'legacy'), ('RPE', 'rape_revised', 'revised'),
    ('RPE', 'rape', 'heading'), ('ROB', 'robbery', 'none'), ('ASS', 'aggravated_assault', 'none'),
    ('BUR', 'burglary', 'none'), ('LAR', 'larceny_theft', 'none'), ('MVT', 'motor_vehicle_theft', 'none'),
    ('ARS', 'arson', 'none'),
] %}
{% for code, column, definition in offenses %}
select
    table8.state_code,
    table8.city,
    table8.table_year,
    '{{ code }}' as offense_code,
    {% if definition == 'heading' -%}
    -- since 2017 the heading says "Rape" alone and means the revised definition
    case when table8.table_year >= 2017 then 'revised' else 'legacy or revised' end
    {%- else -%}
    '{{ definition }}'
    {%- endif %} as definition,
    table8.{{ column }} as offenses,
    table8.population,
    table8.footnotes,
    table8.footnote_texts,
    table8._capture_id,
    table8._payload_id,
    table8._record_no,
    table8._kind
from {{ ref('stg_fbi__table8') }} as table8
{% if code == 'RPE' -%}
where table8.{{ column }} is not null
{% endif %}
{% if not loop.last %}union all{% endif %}
{% endfor %}
