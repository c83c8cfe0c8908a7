-- Every group and family, totals beside their parts: percent of victimizations reported to the police by year, group and family, with what the interval stands on.
with shares as (
    select
        victimizations.calendar_year,
        victimizations.victim_group,
        victimizations.family,
        victimizations.interviewed,
        victimizations.weighted,
        victimizations.weighted_reported,
        case when victimizations.weighted > 0 then 100.0 * victimizations.weighted_reported / victimizations.weighted end
            as percent_reported,
        measured.design_effect,
        victimizations._capture_id,
        victimizations._payload_id,
        victimizations._kind
    from {{ ref('int_crime__victimizations') }} as victimizations
    left join {{ ref('survey_design_effects') }} as measured
        on victimizations.victim_group = measured.victim_group and measured.window_kind = 'year'
)

select
    cast(shares.calendar_year as int) as calendar_year,
    shares.victim_group,
    shares.family as offense_family,
    victim_groups.is_total or offenses.is_total as is_total,
    offenses.is_overlapping,
    cast(shares.interviewed as bigint) as victimizations_interviewed,
    cast(shares.weighted as double) as victimizations_weighted,
    cast(shares.weighted_reported as double) as reported_weighted,
    cast(shares.percent_reported as double) as percent_reported,
    cast({{ reporting_bound('shares.percent_reported', 'shares.interviewed', 'low', 'shares.design_effect') }} as double)
        as percent_reported_low,
    cast({{ reporting_bound('shares.percent_reported', 'shares.interviewed', 'high', 'shares.design_effect') }} as double)
        as percent_reported_high,
    cast(shares.design_effect as double) as design_effect,
    case
        when
            shares.percent_reported is null
            -- no design effect is measured for victims of unknown ethnicity: they are few
            or shares.design_effect is null
            or {{ needs_caution('shares.percent_reported', 'shares.interviewed', 'shares.design_effect') }}
            then 'interpret with caution'
        when shares.interviewed < 50 then 'few'
        else 'enough'
    end as sample_size,
    breaks.reason is not null as is_break,
    breaks.reason as break_reason,
    breaks.citation as break_citation,
    shares._capture_id,
    shares._payload_id,
    shares._kind
from shares
inner join {{ ref('victim_groups') }} as victim_groups
    on shares.victim_group = victim_groups.victim_group_code
inner join {{ ref('offenses') }} as offenses
    on shares.family = offenses.offense_code
left join {{ ref('survey_breaks') }} as breaks
    on shares.calendar_year = breaks.broken_year
