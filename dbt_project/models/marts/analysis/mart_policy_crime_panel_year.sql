-- Every unit that the annual tables print, in every year that they cover, so that a year without a row is a row that says
-- so. Policies, agreements and awards are as of the last day of the year, listings of any day of it. From the first policy
-- on, a year has no event time if the policy's status is not known at its end.
{%- set offenses = panel_offenses() %}
select
    {{ surrogate_key(['spine.jurisdiction_key', 'spine.calendar_year']) }} as policy_crime_panel_year_key,
    spine.jurisdiction_key,
    spine.calendar_year,
    cast(spine.panel_from_year as int) as panel_from_year,
    cast(spine.panel_to_year as int) as panel_to_year,
    spine.geoid,
    spine.name as jurisdiction_name,
    spine.level as jurisdiction_level,
    spine.state_code,
    printed.place_name,
    cast(coalesce(printed.rows_printed, 0) as bigint) as rows_printed,
    {% for family in offenses.values() %}
    cast(printed.{{ family }} as bigint) as {{ family }}_offenses,
    {% endfor %}
    cast(printed.rape_legacy as bigint) as rape_legacy_offenses,
    case
        when printed.jurisdiction_key is null then 'no row'
        when printed.families_printed < {{ offenses | length }} then 'part of the offences'
        else 'printed'
    end as crime_coverage,
    cast(printed.series_segment as int) as series_segment,
    coalesce(printed.starts_segment, 0) = 1 as is_series_break,
    printed.break_reason,
    printed.level_changes,
    cast(printed.population_as_printed as bigint) as population_as_printed,
    spine.population,
    spine.hispanic_share,
    policies.sanctuary_trackers,
    policies.is_state_listed,
    policies.agreements_287g,
    policies.first_287g_on,
    cast(spine.calendar_year - extract(year from policies.first_287g_on) as int) as event_time_287g,
    policies.policy_status,
    policies.state_policy_status,
    policies.state_preemption_status,
    policies.provisions_in_force,
    policy_dates.first_policy_on,
    case policy_dates.precision_rank when 1 then 'day' when 2 then 'month' when 3 then 'year' end
        as first_policy_precision,
    case
        when spine.last_day < policy_dates.first_policy_on or policies.policy_status <> 'not known'
            then cast(spine.calendar_year - extract(year from policy_dates.first_policy_on) as int)
    end as event_time_policy,
    awards.awards_scope,
    awards.awards_open,
    awards.obligated_amount_open,
    awards.share_of_nation_percent
from {{ ref('int_crime__unit_year_spine') }} as spine
left join {{ ref('int_crime__unit_years') }} as printed
    on spine.jurisdiction_key = printed.jurisdiction_key and spine.calendar_year = printed.calendar_year
inner join {{ ref('int_ordinances__unit_year_policies') }} as policies
    on spine.jurisdiction_key = policies.jurisdiction_key and spine.calendar_year = policies.calendar_year
inner join {{ ref('int_awards__unit_years') }} as awards
    on spine.jurisdiction_key = awards.jurisdiction_key and spine.calendar_year = awards.calendar_year
left join {{ ref('int_ordinances__first_policies') }} as policy_dates
    on spine.jurisdiction_key = policy_dates.jurisdiction_key
