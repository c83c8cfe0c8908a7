-- Every jurisdiction with crime data in every month of the range that the crime data cover: balanced, so that a month
-- without a report is a row that says so. States, listings, policies and awards are as of the last day of the month.
{%- set offenses = {
    'HOM': 'homicide', 'RPE': 'rape', 'ROB': 'robbery', 'ASS': 'aggravated_assault', 'BUR': 'burglary', 'LAR': 'larceny',
    'MVT': 'motor_vehicle_theft',
} %}
{%- set provisions = [
    'no_287g', 'no_detention_contract', 'detainer_limits', 'notification_limits', 'jail_interviews', 'no_status_inquiry',
    'general',
] %}

with agencies as (
    select
        months.jurisdiction_key,
        months.ori,
        months.agency_key,
        max(coalesce(months.population, 0)) as most_people,
        count(months.offenses) as reported
    from {{ ref('fct_crime_month') }} as months
    group by months.jurisdiction_key, months.ori, months.agency_key
),

-- one agency speaks for a unit, that which the Bureau says serves the most people: agencies' series are not added
ranked as (
    select
        agencies.*,
        row_number() over (
            partition by jurisdiction_key order by most_people desc, reported desc, ori
        ) as place,
        count(*) over (partition by jurisdiction_key) as agencies_with_data
    from agencies
),

units as (
    select
        ranked.jurisdiction_key,
        ranked.ori,
        ranked.agency_key,
        ranked.agencies_with_data,
        agency.agency_name,
        agency.coverage as agency_covers,
        agency.served_share as agency_served_share,
        jurisdictions.geoid,
        jurisdictions.name,
        jurisdictions.level,
        jurisdictions.state_code,
        jurisdictions.population,
        jurisdictions.population_year,
        jurisdictions.hispanic_share,
        states.jurisdiction_key as state_jurisdiction_key
    from ranked
    inner join {{ ref('dim_jurisdiction') }} as jurisdictions
        on ranked.jurisdiction_key = jurisdictions.jurisdiction_key
    inner join {{ ref('dim_agency') }} as agency
        on ranked.agency_key = agency.agency_key
    left join {{ ref('dim_jurisdiction') }} as states
        on jurisdictions.state_code = states.state_code and states.level = 'state'
    where ranked.place = 1 and jurisdictions.is_resolved
),

reported as (
    select
        units.jurisdiction_key,
        months.month_start,
        {% for code, family in offenses.items() %}
        max(case when months.fbi_offense_code = '{{ code }}' then months.offenses end) as {{ family }},
        {% endfor %}
        max(months.population) as fbi_population,
        count(months.offenses) as families_reported,
        max(case
            when months.coverage like 'partial%' and months.coverage not like 'partial: this offence%' then 1
            else 0
        end) as is_partial,
        max(case when months.coverage like 'suspect%' or months.coverage like 'adjustment%' then 1 else 0 end) as is_suspect,
        max(case when months.offenses < 0 then 1 else 0 end) as has_negative,
        max(case when months.fbi_offense_code <> 'RPE' then months.series end) as crime_series,
        max(case when months.fbi_offense_code = 'RPE' then months.series end) as rape_series,
        max(months.break_reason) as break_reason,
        {{ joined("case when months.level_change_percent is not null then concat("
            ~ "months.fbi_offense_code, ' ', case when months.level_change_percent > 0 then '+' else '' end, "
            ~ "cast(cast(round(months.level_change_percent, 0) as int) as " ~ dbt.type_string() ~ "), '%') end") }}
            as level_changes
    from units
    inner join {{ ref('fct_crime_month') }} as months
        on units.ori = months.ori
    where months.fbi_offense_code in ('{{ offenses.keys() | join("', '") }}')
    group by units.jurisdiction_key, months.month_start
),

changed as (
    select
        reported.*,
        case
            when
                level_changes is not null
                or coalesce(lag(crime_series) over (partition by jurisdiction_key order by month_start), crime_series)
                <> crime_series
                or coalesce(lag(rape_series) over (partition by jurisdiction_key order by month_start), rape_series)
                <> rape_series
                or coalesce(lag(break_reason) over (partition by jurisdiction_key order by month_start), '-')
                <> coalesce(break_reason, '-') and month_start > min(month_start) over (partition by jurisdiction_key)
                then 1
            else 0
        end as starts_segment
    from reported
),

segments as (
    select
        changed.*,
        sum(starts_segment) over (
            partition by jurisdiction_key order by month_start rows between unbounded preceding and current row
        ) as series_segment
    from changed
),

declared as (
    select
        min(month_start) as panel_from,
        max(month_start) as panel_to
    from reported
),

months as (
    select
        dates.date_key as month_date_key,
        dates.calendar_date as month_start,
        cast({{ dbt.dateadd('month', 1, 'dates.calendar_date') }} as date) as next_month,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'dates.calendar_date')) }} as date) as last_day,
        dates.calendar_year * 12 + dates.calendar_month as month_no,
        dates.fiscal_year,
        declared.panel_from,
        declared.panel_to
    from {{ ref('dim_date') }} as dates
    inner join declared
        on dates.calendar_date between declared.panel_from and declared.panel_to
    where extract(day from dates.calendar_date) = 1
),

spine as (
    select
        units.*,
        months.*
    from units
    cross join months
),

-- sanctuary trackers and agencies that cooperate are opposites: never one count
sanctuary as (
    select *
    from {{ ref('fct_listed_unit') }}
    where verdict = 'sanctuary'
),

agreements as (
    select *
    from {{ ref('fct_tracker_listing') }}
    where verdict = 'cooperates'
),

first_snapshots as (
    select
        (select min(listed_from) from sanctuary) as sanctuary_from,
        (select min(listed_from) from agreements) as cooperates_from
),

first_listed as (
    select
        jurisdiction_key,
        min(listed_from) as first_listed_on,
        -- what the first snapshot names may have been named before it
        min(case when is_from_first_snapshot then 0 else 1 end) as seen_to_begin
    from sanctuary
    group by jurisdiction_key
),

listed as (
    select
        spine.jurisdiction_key,
        spine.month_start,
        count(distinct sanctuary.tracker_code) as sanctuary_trackers
    from spine
    inner join sanctuary
        on spine.jurisdiction_key = sanctuary.jurisdiction_key and {{ listed_on('sanctuary', 'spine.last_day') }}
    group by spine.jurisdiction_key, spine.month_start
),

agreed as (
    select
        spine.jurisdiction_key,
        spine.month_start,
        count(*) as agreements_287g
    from spine
    inner join agreements
        on spine.jurisdiction_key = agreements.jurisdiction_key and {{ listed_on('agreements', 'spine.last_day') }}
    group by spine.jurisdiction_key, spine.month_start
),

state_listed as (
    select distinct
        spine.jurisdiction_key,
        spine.month_start
    from spine
    inner join sanctuary
        on
            spine.state_code = sanctuary.state_code
            and sanctuary.listed_level = 'state'
            and {{ listed_on('sanctuary', 'spine.last_day') }}
),

standing as (
    select
        spine.jurisdiction_key,
        spine.month_start,
        {% for kind, whose, where in [
            ('own', 'jurisdiction_key', ''),
            ('state', 'state_jurisdiction_key', " and spells.provision_code <> 'preemption'"),
            ('preemption', 'state_jurisdiction_key', " and spells.provision_code = 'preemption'"),
        ] %}
        {% for status in ['in force', 'weakened', 'enjoined', 'not in force'] %}
        count(case
            when spells.jurisdiction_key = spine.{{ whose }}{{ where }} and spells.status = '{{ status }}' then 1
        end) as {{ kind }}_{{ status | replace(' ', '_') }}{{ ',' if not loop.last }}
        {% endfor %}{{ ',' if not loop.last }}
        {% endfor %}
    from spine
    inner join {{ ref('fct_policy_status') }} as spells
        on
            spells.jurisdiction_key in (spine.jurisdiction_key, spine.state_jurisdiction_key)
            and spells.valid_from < spine.next_month
            and (spells.valid_to is null or spells.valid_to >= spine.next_month)
    group by spine.jurisdiction_key, spine.month_start
),

first_in_force as (
    select
        jurisdiction_key,
        provision_code,
        min(valid_from) as in_force_from
    from {{ ref('fct_policy_status') }}
    where status = 'in force'
    group by jurisdiction_key, provision_code
),

-- a date that is known to the year has no month, and then no event time
dated as (
    select
        firsts.jurisdiction_key,
        firsts.provision_code,
        firsts.in_force_from,
        coalesce(min(case
            when events.date_precision = 'day' then 1
            when events.date_precision = 'month' then 2
            else 3
        end), 3) as precision_rank
    from first_in_force as firsts
    left join {{ ref('fct_policy_event') }} as events
        on
            firsts.jurisdiction_key = events.jurisdiction_key
            and firsts.in_force_from in (events.event_from, events.event_to)
            and events.effect_track = 'force'
            and events.source_status <> 'unsourced'
    group by firsts.jurisdiction_key, firsts.provision_code, firsts.in_force_from
),

policy_dates as (
    select
        dated.jurisdiction_key,
        {% for provision in provisions %}
        min(case when provision_code = '{{ provision }}' and precision_rank < 3 then in_force_from end)
            as {{ provision }}_from,
        {% endfor %}
        min(case when provision_code = 'preemption' and precision_rank < 3 then in_force_from end) as preemption_from,
        min(case when provision_code <> 'preemption' then in_force_from end) as first_policy_on
    from dated
    group by dated.jurisdiction_key
),

first_policies as (
    select
        policy_dates.jurisdiction_key,
        min(dated.precision_rank) as precision_rank
    from policy_dates
    inner join dated
        on
            policy_dates.jurisdiction_key = dated.jurisdiction_key
            and policy_dates.first_policy_on = dated.in_force_from
            and dated.provision_code <> 'preemption'
    group by policy_dates.jurisdiction_key
),

awards_scope as (
    select
        case
            when count(*) = 0 then 'nothing captured'
            when sum(case when kind <> 'transcribed' and selection_field is null then 1 else 0 end) > 0
                then 'all that was asked for'
            else 'a selection'
        end as scope
    from {{ source('raw', 'capture') }}
    where dataset = 'usaspending__awards' and is_serving
),

open_awards as (
    select
        spine.jurisdiction_key,
        spine.month_start,
        count(*) as awards_open,
        sum(awards.obligated_amount) as obligated_amount_open
    from spine
    inner join {{ ref('fct_award') }} as awards
        on
            spine.jurisdiction_key = awards.jurisdiction_key
            and awards.start_on < spine.next_month
            and awards.end_on >= cast({{ dbt.dateadd('day', -1, 'spine.next_month') }} as date)
    group by spine.jurisdiction_key, spine.month_start
),

obligated as (
    select
        awards.jurisdiction_key,
        cast({{ dbt.date_trunc('month', 'transactions.action_on') }} as date) as month_start,
        sum(transactions.obligated_amount) as obligated_amount_in_month
    from {{ ref('fct_award_transaction') }} as transactions
    inner join {{ ref('fct_award') }} as awards
        on transactions.award_key = awards.award_key
    group by awards.jurisdiction_key, cast({{ dbt.date_trunc('month', 'transactions.action_on') }} as date)
)

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
    spine.level as jurisdiction_level,
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
    coalesce(segments.has_negative, 0) = 1 as has_negative_counts,
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
    case
        when spine.next_month > first_snapshots.sanctuary_from then cast(coalesce(listed.sanctuary_trackers, 0) as bigint)
    end as sanctuary_trackers,
    case when spine.next_month > first_snapshots.sanctuary_from then state_listed.jurisdiction_key is not null end
        as is_state_listed,
    case
        when spine.next_month > first_snapshots.cooperates_from then cast(coalesce(agreed.agreements_287g, 0) as bigint)
    end as agreements_287g,
    first_listed.first_listed_on,
    first_listed.seen_to_begin = 0 as is_first_listing_censored,
    cast(spine.month_no - {{ month_no('first_listed.first_listed_on') }} as int) as event_time_listing,
    {% for kind in ['own', 'state', 'preemption'] %}
    case
        when standing.{{ kind }}_in_force > 0 then 'in force'
        when standing.{{ kind }}_weakened > 0 then 'weakened'
        when standing.{{ kind }}_enjoined > 0 then 'enjoined'
        when standing.{{ kind }}_not_in_force > 0 then 'not in force'
        else 'not known'
    end as {{ {'own': 'policy_status', 'state': 'state_policy_status', 'preemption': 'state_preemption_status'}[kind] }},
    {% endfor %}
    case
        when standing.own_in_force + standing.own_weakened + standing.own_enjoined + standing.own_not_in_force > 0
            then cast(standing.own_in_force as bigint)
    end as provisions_in_force,
    policy_dates.first_policy_on,
    case first_policies.precision_rank when 1 then 'day' when 2 then 'month' when 3 then 'year' end
        as first_policy_precision,
    case
        when first_policies.precision_rank < 3
            then cast(spine.month_no - {{ month_no('policy_dates.first_policy_on') }} as int)
    end as event_time_policy,
    {% for provision in provisions %}
    cast(spine.month_no - {{ month_no('policy_dates.' ~ provision ~ '_from') }} as int) as event_time_{{ provision }},
    {% endfor %}
    cast(spine.month_no - {{ month_no('state_dates.preemption_from') }} as int) as event_time_state_preemption,
    awards_scope.scope as awards_scope,
    -- of a selection, or of nothing, no award is not known to be none
    case
        when open_awards.awards_open is not null then cast(open_awards.awards_open as bigint)
        when awards_scope.scope = 'all that was asked for' then cast(0 as bigint)
    end as awards_open,
    case
        when open_awards.awards_open is not null then cast(open_awards.obligated_amount_open as decimal(18, 2))
        when awards_scope.scope = 'all that was asked for' then cast(0 as decimal(18, 2))
    end as obligated_amount_open,
    case
        when whole_years.fiscal_year is not null
            then cast(coalesce(obligated.obligated_amount_in_month, 0) as decimal(18, 2))
    end as obligated_amount_in_month
from spine
cross join first_snapshots
cross join awards_scope
left join segments
    on spine.jurisdiction_key = segments.jurisdiction_key and spine.month_start = segments.month_start
left join listed
    on spine.jurisdiction_key = listed.jurisdiction_key and spine.month_start = listed.month_start
left join agreed
    on spine.jurisdiction_key = agreed.jurisdiction_key and spine.month_start = agreed.month_start
left join state_listed
    on spine.jurisdiction_key = state_listed.jurisdiction_key and spine.month_start = state_listed.month_start
left join first_listed
    on spine.jurisdiction_key = first_listed.jurisdiction_key
left join standing
    on spine.jurisdiction_key = standing.jurisdiction_key and spine.month_start = standing.month_start
left join policy_dates
    on spine.jurisdiction_key = policy_dates.jurisdiction_key
left join first_policies
    on spine.jurisdiction_key = first_policies.jurisdiction_key
left join policy_dates as state_dates
    on spine.state_jurisdiction_key = state_dates.jurisdiction_key
left join open_awards
    on spine.jurisdiction_key = open_awards.jurisdiction_key and spine.month_start = open_awards.month_start
left join obligated
    on spine.jurisdiction_key = obligated.jurisdiction_key and spine.month_start = obligated.month_start
left join {{ ref('int_awards__whole_years') }} as whole_years
    on spine.fiscal_year = whole_years.fiscal_year
