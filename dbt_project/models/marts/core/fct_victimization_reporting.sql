-- The survey's parts: groups and offences that do not overlap.
select
    {{ surrogate_key(['calendar_year', 'victim_group', 'offense_family']) }} as victimization_reporting_key,
    {{ surrogate_key(['victim_group']) }} as victim_group_key,
    {{ surrogate_key(["'NCVS'"]) }} as series_key,
    {{ surrogate_key(['offense_family']) }} as offense_key,
    calendar_year,
    victim_group,
    offense_family,
    victimizations_interviewed,
    victimizations_weighted,
    reported_weighted,
    percent_reported,
    percent_reported_low,
    percent_reported_high,
    design_effect,
    sample_size,
    is_break,
    break_reason,
    break_citation,
    _capture_id,
    _payload_id,
    _kind
from {{ ref('int_crime__victimization_reporting') }}
where not is_total and not is_overlapping
