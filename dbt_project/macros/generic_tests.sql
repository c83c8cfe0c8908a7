{#- Each of these columns is filled in every row. -#}
{% test never_null(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}

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

{#- Each row's capture holds the payload that the row names; '-' stands in rows that no capture gave. -#}
{% test provenance_pair_exists(model) %}
select
    rows_of_it._capture_id,
    rows_of_it._payload_id,
    count(*) as rows_without_bytes
from {{ model }} as rows_of_it
left join {{ source('raw', 'payload') }} as payloads
    on
        rows_of_it._capture_id = payloads.capture_id
        and rows_of_it._payload_id = payloads.payload_id
where payloads.capture_id is null
    and not (coalesce(rows_of_it._capture_id, '') = '-' and coalesce(rows_of_it._payload_id, '') = '-')
group by rows_of_it._capture_id, rows_of_it._payload_id
{% endtest %}
