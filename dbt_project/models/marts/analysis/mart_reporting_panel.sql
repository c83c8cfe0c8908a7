{%- set families = reporting_panel_families() %}
-- Every agency that sends incident files in every month of its own range: victims by group, beside what stood at the end of the
-- month where the agency works. A month that was not sent, or is in no archive, is a row that says so.
with counted as (
    select
        ori,
        month_start,
        max(sent_status) as sent_status,
        max(known_share) as year_known_share,
        max(month_incidents) as month_incidents,
        max(population) as fbi_population,
        {% for family in families %}
        {% for group in ['hispanic', 'non_hispanic', 'all'] %}
        max(case when offense_family = '{{ family }}' and victim_group = '{{ group }}' then victims end) as {{ family }}_{{ group }},
        count(case when offense_family = '{{ family }}' and victim_group = '{{ group }}' then 1 end) as {{ family }}_{{ group }}_rows{{ ',' if not (loop.last and family == families[-1]) }}
        {% endfor %}
        {% endfor %}
    from {{ ref('fct_victim_month_total') }}
    group by ori, month_start
)

select
    {{ surrogate_key(['spine.ori', 'spine.month_start']) }} as reporting_panel_key,
    spine.agency_key,
    spine.jurisdiction_key,
    spine.month_date_key,
    spine.month_start,
    spine.panel_from,
    spine.panel_to,
    cast(spine.month_no as int) as month_no,
    spine.ori,
    spine.agency_name,
    spine.agency_kind,
    spine.jurisdiction_name,
    spine.level,
    spine.geoid,
    spine.state_code,
    coalesce(counted.sent_status, 'no archive of the year, or none that names the month') as sent_status,
    counted.year_known_share,
    cast(counted.month_incidents as bigint) as month_incidents,
    {% for family in families %}
    {% for group in ['hispanic', 'non_hispanic', 'all'] %}
    -- a family without a row in a month that was sent whole had no victim; a count below the floor is null
    cast(case
        when counted.sent_status = 'sent' and counted.{{ family }}_{{ group }}_rows = 0 then 0
        when counted.sent_status = 'sent' then counted.{{ family }}_{{ group }}
    end as bigint) as {{ family }}_{{ group }}_victims,
    {% endfor %}
    {% endfor %}
    cast(counted.fbi_population as bigint) as fbi_population,
    spine.population,
    spine.population_year,
    spine.hispanic_share,
    spine.sanctuary_trackers,
    spine.is_state_listed,
    spine.has_287g_agreement,
    spine.secure_communities_from,
    cast(spine.month_no - {{ month_no('spine.secure_communities_from') }} as int) as event_time_secure_communities,
    spine.policy_status,
    spine.state_policy_status,
    spine.state_preemption_status,
    spine.provisions_in_force,
    firsts.first_policy_on,
    case firsts.precision_rank when 1 then 'day' when 2 then 'month' when 3 then 'year' end as first_policy_precision,
    -- none from where the status of the policy is not known on
    case
        when firsts.precision_rank < 3 and (spine.last_day < firsts.first_policy_on or spine.policy_status <> 'not known')
            then cast(spine.month_no - {{ month_no('firsts.first_policy_on') }} as int)
    end as event_time_policy
from {{ ref('int_crime__victim_spine') }} as spine
left join counted
    on spine.ori = counted.ori and spine.month_start = counted.month_start
left join {{ ref('int_ordinances__first_policies') }} as firsts
    on spine.jurisdiction_key = firsts.jurisdiction_key
