-- The survey's totals, and the families that overlap with the offences.
select
    {{ surrogate_key(['calendar_year', 'victim_group', 'offense_family']) }} as victimization_reporting_total_key,
    {{ surrogate_key(['victim_group']) }} as victim_group_key,
    {{ surrogate_key(["'NCVS'"]) }} as series_key,
    {{ surrogate_key(['offense_family']) }} as offense_key,
    calendar_year,
    victim_group,
    offense_family,
    is_total,
    is_overlapping,
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
where is_total or is_overlapping
