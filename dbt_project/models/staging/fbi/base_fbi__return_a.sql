{{ config(materialized='table') }}
{%- set counts = [] %}
{%- for card in ['actual', 'cleared'] %}{% for line in declared_return_a_lines() %}{% do counts.append(card ~ '_' ~ line) %}{% endfor %}{% endfor %}

with fields as (
    select
        {{ text_field('ori') }} as ori,
        {{ text_field('year') }} as year_text,
        {{ text_field('month') }} as month_text,
        {{ text_field('covered_by') }} as covered_by,
        {{ text_field('agency_name') }} as agency_name,
        {{ text_field('population_group') }} as population_group,
        try_cast({{ text_field('months_reported') }} as int) as last_month_reported,
        -- the people of an agency in several counties are printed in up to three parts
        try_cast({{ text_field('population_1') }} as bigint)
        + coalesce(try_cast({{ text_field('population_2') }} as bigint), 0)
        + coalesce(try_cast({{ text_field('population_3') }} as bigint), 0) as population,
        nullif(try_cast({{ text_field('month_included_in') }} as int), 0) as included_in_month,
        {{ text_field('actual_card_type') }} as card_type,
        {{ text_field('actual_card_detail') }} as card_detail,
        {% for count in counts %}
        {{ text_field(count) }} as {{ count }}_text,
        {{ zoned_decimal(text_field(count)) }} as {{ count }},
        {% endfor %}
        count(*) over (
            partition by _capture_id, {{ text_field('ori') }}, {{ text_field('year') }}, {{ text_field('month') }}
        ) as records_of_the_month,
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'fbi__return_a') }}
),

typed as (
    select
        -- the register's nine characters are these seven followed by two zeros
        case when length(ori) = 7 then concat(ori, '00') end as ori,
        try_cast(concat(year_text, '-', month_text, '-01') as date) as month_start,
        case when covered_by is not null and {{ regexp_matches('covered_by', '[1-9A-Z]') }} then concat(covered_by, '00') end
            as covered_by_ori,
        agency_name,
        population_group,
        last_month_reported,
        population,
        included_in_month,
        card_type,
        card_detail,
        {% for count in counts %}
        {{ count }},
        {% endfor %}
        case
            when ori is null or length(ori) <> 7 then 'ori is not seven characters'
            when try_cast(concat(year_text, '-', month_text, '-01') as date) is null then 'year and month are no month'
            when try_cast(year_text as int) < 1975 then 'month is outside 1975 to 2035'
            -- districts of some highway patrols share an ORI (seen in public data); none of them is the agency
            when records_of_the_month > 1 then 'several records of one ori and month'
            {% for count in counts %}
            when {{ count }}_text is not null and {{ count }} is null then '{{ count }} is not a whole number'
            {% endfor %}
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from fields
)
,
{{ with_fate('typed', key=['ori', 'month_start'], content=['card_type', 'population', 'included_in_month'] + counts) }}
