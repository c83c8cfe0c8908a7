with fates as (
    {% for dataset in declared_datasets() %}
    select
        '{{ dataset }}' as dataset,
        _fate as fate,
        coalesce(_reject_reason, '') as reason,
        count(*) as records
    from {{ ref('base_' ~ dataset) }}
    group by _fate, coalesce(_reject_reason, '')
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

superseded_whole as (
    select
        dataset,
        'superseded' as fate,
        'a newer capture of the slice serves' as reason,
        sum(records) as records
    from {{ source('raw', 'capture') }}
    where status = 'accepted' and not is_serving
    group by dataset
)

select
    cast(dataset as {{ dbt.type_string() }}) as dataset,
    cast(fate as {{ dbt.type_string() }}) as fate,
    cast(reason as {{ dbt.type_string() }}) as reason,
    cast(records as bigint) as records
from fates
union all
select
    cast(dataset as {{ dbt.type_string() }}) as dataset,
    cast(fate as {{ dbt.type_string() }}) as fate,
    cast(reason as {{ dbt.type_string() }}) as reason,
    cast(records as bigint) as records
from superseded_whole
