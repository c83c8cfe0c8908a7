select
    geoid,
    state_fips,
    level,
    name,
    estimate_year,
    population,
    population_source,
    vintage,
    hispanic_population,
    coalesce(
        case when population > 0 then cast(hispanic_population as double) / cast(population as double) end,
        hispanic_share_given
    ) as hispanic_share,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_census__places') }}
where _fate = 'staged'
