{% test unique_combination(model, columns) %}
select {{ columns | join(', ') }}, count(*) as rows_of_one_key
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{% test accepted_range(model, column_name, min_value=none, max_value=none) %}
select *
from {{ model }}
where {{ column_name }} is not null and (
    {% if min_value is not none %}{{ column_name }} < {{ min_value }}{% else %}false{% endif %}
    or {% if max_value is not none %}{{ column_name }} > {{ max_value }}{% else %}false{% endif %}
)
{% endtest %}

{% test expression_is_true(model, expression, column_name=none) %}
select *
from {{ model }}
where not coalesce(({{ column_name or '' }} {{ expression }}), false)
{% endtest %}

{#- Half-open ranges [lower, upper) of one partition do not overlap; a null upper bound is open. -#}
{% test mutually_exclusive_ranges(model, lower, upper, partition_by) %}
with ordered as (
    select
        {{ partition_by | join(', ') }},
        {{ lower }} as range_from,
        {{ upper }} as range_to,
        lead({{ lower }}) over (partition by {{ partition_by | join(', ') }} order by {{ lower }}) as next_from
    from {{ model }}
)

select *
from ordered
where (range_to is not null and range_to <= range_from)
    or (next_from is not null and (range_to is null or range_to > next_from))
{% endtest %}
