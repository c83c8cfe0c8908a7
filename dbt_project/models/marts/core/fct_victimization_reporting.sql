with shares as (
    select
        survey_year,
        victim_group,
        family,
        interviewed,
        weighted,
        weighted_reported,
        case when weighted > 0 then 100.0 * weighted_reported / weighted end as percent_reported,
        _capture_id,
        _payload_id,
        _kind
    from {{ ref('int_crime__victimizations') }}
)

select
    {{ surrogate_key(['survey_year', 'victim_group', 'family']) }} as victimization_reporting_key,
    {{ surrogate_key(['victim_group']) }} as victim_group_key,
    {{ surrogate_key(['family']) }} as offense_key,
    cast(survey_year as int) as survey_year,
    victim_group,
    family as offense_family,
    cast(interviewed as bigint) as victimizations_interviewed,
    cast(weighted as double) as victimizations_weighted,
    cast(weighted_reported as double) as reported_weighted,
    cast(percent_reported as double) as percent_reported,
    cast({{ reporting_bound('percent_reported', 'interviewed', 'low') }} as double) as percent_reported_low,
    cast({{ reporting_bound('percent_reported', 'interviewed', 'high') }} as double) as percent_reported_high,
    cast({{ var('ncvs_design_effect') }} as double) as design_effect,
    case
        when percent_reported is null or {{ needs_caution('percent_reported', 'interviewed') }}
            then 'interpret with caution'
        when interviewed < 50 then 'few'
        else 'enough'
    end as sample_size,
    _capture_id,
    _payload_id,
    cast(null as bigint) as _record_no,
    _kind
from shares
