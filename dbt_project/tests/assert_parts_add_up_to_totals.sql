-- A total that a fact holds beside its parts is their sum: of a city's month and family over the victim groups, and of
-- the survey's violent offences over the four of them.
with incidents as (
    select
        city_code,
        series,
        report_month,
        offense_family,
        sum(case when victim_group = 'citywide' then reports else 0 end) as total,
        sum(case when victim_group <> 'citywide' then reports else 0 end) as parts
    from {{ ref('fct_incident_month') }}
    group by city_code, series, report_month, offense_family
),

survey as (
    select
        survey_year,
        victim_group,
        sum(case when offense_family = 'all_violent' then victimizations_weighted else 0 end) as total,
        sum(case
            when offense_family <> 'personal_theft' and not is_overlapping then victimizations_weighted else 0
        end) as parts
    from {{ ref('fct_victimization_reporting') }}
    group by survey_year, victim_group
)

select 'core.fct_incident_month' as fact, offense_family as part_of, total, parts
from incidents
where total <> parts
union all
select 'core.fct_victimization_reporting' as fact, victim_group as part_of, total, parts
from survey
where abs(total - parts) > 0.000001 * total
