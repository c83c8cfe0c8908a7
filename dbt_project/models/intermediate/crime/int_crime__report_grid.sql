-- Reports of every family in every captured month of a city's series: by victim group where the city publishes it, and for
-- the whole city. A family that a month does not name had no report.
with months as (
    select
        city_code,
        series,
        month_start,
        max(jurisdiction_key) as jurisdiction_key,
        {{ month_no('month_start') }} as month_no,
        cast(extract(month from month_start) as int) as month_of_year,
        -- a month is whole where each of its counts is; a break in one family is a break of the month
        min(case when is_partial then 0 when is_month_complete then 1 else 0 end) as is_complete,
        max(case when is_break then 1 else 0 end) as break_in_month,
        max(case when is_break then coalesce(break_reason, 'a break without a reason') end) as break_reason,
        max(counted_from) as counted_from,
        max(date_basis) as date_basis
    from {{ ref('fct_incident_month_total') }}
    group by city_code, series, month_start
),

placebos as (
    select distinct series
    from {{ ref('fct_incident_month_total') }}
    where offense_family = 'traffic_collision'
),

families as (
    select
        city_code,
        series,
        offense_family,
        max(offense_key) as offense_key
    from {{ ref('fct_incident_month_total') }}
    -- every record of a placebo is a collision: nobody reads them as reports of any kind
    where offense_family <> 'all_reports' or series not in (select placebos.series from placebos)
    group by city_code, series, offense_family
),

-- whether the publisher gives the victim's group in this series at all
publishers as (
    select
        city_code,
        series,
        max(case when victim_group in ('hispanic', 'non_hispanic') then 1 else 0 end) as tells_group
    from {{ ref('fct_incident_month_total') }}
    group by city_code, series
),

counted as (
    select
        city_code,
        series,
        month_start,
        offense_family,
        sum(case when victim_group = 'hispanic' then reports end) as hispanic,
        sum(case when victim_group = 'non_hispanic' then reports end) as others,
        sum(case when victim_group in ('ethnicity_unknown', 'meaning_unknown') then reports end) as unknown_group,
        coalesce(
            sum(case when victim_group = 'citywide' then reports end),
            sum(case when victim_group <> 'citywide' then reports end)
        ) as citywide
    from {{ ref('fct_incident_month_total') }}
    group by city_code, series, month_start, offense_family
)

select
    months.city_code,
    months.series,
    months.month_start,
    months.jurisdiction_key,
    months.month_no,
    months.month_of_year,
    months.is_complete,
    months.break_in_month,
    months.break_reason,
    months.counted_from,
    months.date_basis,
    families.offense_family,
    families.offense_key,
    case when publishers.tells_group = 1 then coalesce(counted.hispanic, 0) end as hispanic,
    case when publishers.tells_group = 1 then coalesce(counted.others, 0) end as others,
    case when publishers.tells_group = 1 then coalesce(counted.unknown_group, 0) end as unknown_group,
    coalesce(counted.citywide, 0) as citywide
from months
inner join families
    on months.city_code = families.city_code and months.series = families.series
inner join publishers
    on months.city_code = publishers.city_code and months.series = publishers.series
left join counted
    on
        months.city_code = counted.city_code
        and months.series = counted.series
        and months.month_start = counted.month_start
        and families.offense_family = counted.offense_family
