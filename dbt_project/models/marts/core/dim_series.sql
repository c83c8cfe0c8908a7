select
    {{ surrogate_key(['series']) }} as series_key,
    series,
    subject,
    publisher,
    counts_what,
    cast(null as {{ dbt.type_string() }}) as date_basis,
    cast(null as {{ dbt.type_string() }}) as combination,
    cast(null as int) as settle_days,
    valid_from,
    valid_to,
    citation
from {{ ref('reporting_series') }}
union all
select
    {{ surrogate_key(['series']) }} as series_key,
    series,
    'city months' as subject,
    concat(max(city_name), ', police') as publisher,
    max(counts_what) as counts_what,
    max(date_basis) as date_basis,
    max(combination) as combination,
    cast(max(settle_days) as int) as settle_days,
    cast(null as date) as valid_from,
    cast(null as date) as valid_to,
    max(citation) as citation
from {{ ref('incident_sets') }}
group by series
union all
select
    {{ unknown_key() }} as series_key,
    'unknown' as series,
    'unknown' as subject,
    'unknown' as publisher,
    'unknown' as counts_what,
    cast(null as {{ dbt.type_string() }}) as date_basis,
    cast(null as {{ dbt.type_string() }}) as combination,
    cast(null as int) as settle_days,
    cast(null as date) as valid_from,
    cast(null as date) as valid_to,
    'the unknown member' as citation
