-- The policies of a unit and of its state as they stand at the end of each month.
with standing as (
    {{ standing_policies(ref('int_crime__unit_spine'), ['jurisdiction_key', 'month_start'], 'next_month', panel_provisions()) }}
)

select
    jurisdiction_key,
    month_start,
    {{ standing_policy_columns('standing') }},
    {% for provision in panel_provisions() %}
    is_{{ provision }}_known{{ ',' if not loop.last }}
    {% endfor %}
from standing
