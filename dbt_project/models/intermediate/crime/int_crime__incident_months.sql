-- One source of counts for each month of a series. Of rows and aggregates the one that the city showed last serves,
-- rows on the same day; of sets that hold the same reports the fuller one, so that a straggler never stands for a month.
with by_way as (
    select
        counts.set_id,
        counts.counted_from,
        counts.month_start,
        sum(counts.reports) as reports,
        max(cast(counts.retrieved_at as date)) as shown_on
    from {{ ref('int_crime__incident_counts') }} as counts
    group by counts.set_id, counts.counted_from, counts.month_start
),

ways as (
    select
        by_way.*,
        row_number() over (
            partition by set_id, month_start order by shown_on desc, case counted_from when 'rows' then 0 else 1 end
        ) as choice
    from by_way
),

chosen_sets as (
    select
        ways.set_id,
        ways.counted_from,
        ways.month_start,
        ways.shown_on,
        sets.series,
        sets.combination,
        row_number() over (
            partition by sets.series, ways.month_start order by ways.reports desc, ways.set_id
        ) as fullness
    from ways
    inner join {{ ref('incident_sets') }} as sets
        on ways.set_id = sets.set_id
    where ways.choice = 1
),

newest as (
    select
        sets.series,
        max(counts.newest_on) as newest_on
    from {{ ref('int_crime__incident_counts') }} as counts
    inner join {{ ref('incident_sets') }} as sets
        on counts.set_id = sets.set_id
    group by sets.series
)

select
    sets.city_code,
    sets.geoid,
    sets.series,
    sets.date_basis,
    counts.month_start,
    counts.code,
    counts.is_domestic,
    counts.victim_group_code,
    sum(counts.reports) as reports,
    max(newest.newest_on) as newest_on,
    min(chosen_sets.shown_on) as shown_on,
    max(sets.settle_days) as settle_days,
    -- of sets that add up one may come as rows, the other as counts
    case when min(counts.counted_from) = max(counts.counted_from) then min(counts.counted_from) else 'rows and aggregates' end
        as counted_from,
    {{ provenance_of_one('counts') }}
from {{ ref('int_crime__incident_counts') }} as counts
inner join chosen_sets
    on
        counts.set_id = chosen_sets.set_id
        and counts.counted_from = chosen_sets.counted_from
        and counts.month_start = chosen_sets.month_start
inner join {{ ref('incident_sets') }} as sets
    on counts.set_id = sets.set_id
inner join newest
    on sets.series = newest.series
where chosen_sets.combination = 'adds' or chosen_sets.fullness = 1
group by
    sets.city_code, sets.geoid, sets.series, sets.date_basis, counts.month_start, counts.code, counts.is_domestic,
    counts.victim_group_code
