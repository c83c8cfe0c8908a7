-- Every jurisdiction with crime data in every month of its own range, so that a month without a report is a row that says
-- so. States, listings, policies and awards are as of the last day of the month. A policy has no event time from where its
-- status is not known on.
{%- set offenses = panel_offenses() %}
{%- set provisions = panel_provisions() %}
select
    {{ surrogate_key(['spine.jurisdiction_key', 'spine.month_start']) }} as policy_crime_panel_key,
    spine.jurisdiction_key,
    spine.agency_key,
    spine.month_date_key,
    spine.month_start,
    spine.panel_from,
    spine.panel_to,
    cast(spine.month_no as int) as month_no,
    spine.geoid,
    spine.name as jurisdiction_name,
    spine.level,
    spine.state_code,
    spine.ori,
    spine.agency_name,
    spine.agency_covers,
    spine.agency_served_share,
    cast(spine.agencies_with_data as bigint) as agencies_with_data,
    {% for family in offenses.values() %}
    case when segments.is_suspect = 0 and segments.is_partial = 0 then cast(segments.{{ family }} as bigint) end as {{ family }}_offenses,
    {% endfor %}
    case
        when segments.jurisdiction_key is null then 'no record'
        when segments.is_suspect = 1 then 'suspect'
        when segments.is_partial = 1 then 'partial'
        when segments.families_reported = 0 then 'not reported'
        when segments.families_reported < {{ offenses | length }} then 'part of the offences'
        else 'reported'
    end as crime_coverage,
    coalesce(segments.has_negative, 0) = 1 as is_any_count_negative,
    segments.crime_series,
    segments.rape_series,
    cast(segments.series_segment as int) as series_segment,
    coalesce(segments.starts_segment, 0) = 1 as is_series_break,
    segments.break_reason,
    segments.level_changes,
    cast(segments.fbi_population as bigint) as fbi_population,
    spine.population,
    spine.population_year,
    spine.hispanic_share,
    listings.sanctuary_trackers,
    listings.is_state_listed,
    listings.agreements_287g,
    listings.first_listed_on,
    listings.is_first_listing_censored,
    cast(spine.month_no - {{ month_no('listings.first_listed_on') }} as int) as event_time_listing,
    coalesce(statuses.policy_status, 'not known') as policy_status,
    coalesce(statuses.state_policy_status, 'not known') as state_policy_status,
    coalesce(statuses.state_preemption_status, 'not known') as state_preemption_status,
    statuses.provisions_in_force,
    policy_dates.first_policy_on,
    case policy_dates.precision_rank when 1 then 'day' when 2 then 'month' when 3 then 'year' end
        as first_policy_precision,
    case
        when policy_dates.precision_rank < 3
            and (spine.last_day < policy_dates.first_policy_on or coalesce(statuses.policy_status, 'not known') <> 'not known')
            then cast(spine.month_no - {{ month_no('policy_dates.first_policy_on') }} as int)
    end as event_time_policy,
    {% for provision in provisions %}
    case
        when spine.last_day < policy_dates.{{ provision }}_from or statuses.is_{{ provision }}_known
            then cast(spine.month_no - {{ month_no('policy_dates.' ~ provision ~ '_from') }} as int)
    end as event_time_{{ provision }},
    {% endfor %}
    case
        when spine.last_day < state_dates.preemption_from
            or coalesce(statuses.state_preemption_status, 'not known') <> 'not known'
            then cast(spine.month_no - {{ month_no('state_dates.preemption_from') }} as int)
    end as event_time_state_preemption,
    awards.awards_scope,
    awards.awards_open,
    awards.obligated_amount_open,
    awards.obligated_amount_in_month,
    awards.share_of_nation_percent
from {{ ref('int_crime__unit_spine') }} as spine
left join {{ ref('int_crime__unit_months') }} as segments
    on spine.jurisdiction_key = segments.jurisdiction_key and spine.month_start = segments.month_start
left join {{ ref('int_ordinances__unit_month_listings') }} as listings
    on spine.jurisdiction_key = listings.jurisdiction_key and spine.month_start = listings.month_start
left join {{ ref('int_ordinances__unit_month_statuses') }} as statuses
    on spine.jurisdiction_key = statuses.jurisdiction_key and spine.month_start = statuses.month_start
left join {{ ref('int_ordinances__first_policies') }} as policy_dates
    on spine.jurisdiction_key = policy_dates.jurisdiction_key
left join {{ ref('int_ordinances__first_policies') }} as state_dates
    on spine.state_jurisdiction_key = state_dates.jurisdiction_key
left join {{ ref('int_awards__unit_months') }} as awards
    on spine.jurisdiction_key = awards.jurisdiction_key and spine.month_start = awards.month_start
