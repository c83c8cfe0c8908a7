-- Who is listed, by which tracker, from when to when: the one place that marts and questions ask. Lines of one tracker
-- that name the same unit at the same level (a second spelling, several agreements) are one time on the list where
-- they touch or overlap.
with lines as (
    select
        trackers.tracker_code,
        listings.*,
        max(coalesce(listings.listed_to, cast('9999-12-31' as date))) over (
            partition by listings.tracker_key, listings.jurisdiction_key, listings.level
            order by listings.listed_from, listings.listing_key
            rows between unbounded preceding and 1 preceding
        ) as listed_so_far,
        min(listings.listed_from) over (partition by listings.tracker_key) as first_snapshot_on
    from {{ ref('fct_tracker_listing') }} as listings
    inner join {{ ref('dim_tracker') }} as trackers
        on listings.tracker_key = trackers.tracker_key
    where listings.jurisdiction_key <> {{ unknown_key() }}
),

numbered as (
    select
        lines.*,
        sum(case when listed_so_far >= listed_from then 0 else 1 end) over (
            partition by tracker_key, jurisdiction_key, level
            order by listed_from, listing_key
            rows between unbounded preceding and current row
        ) as time_no,
        row_number() over (
            partition by tracker_key, jurisdiction_key, level order by listed_from, listing_key
        ) as line_no
    from lines
),

times as (
    select
        tracker_key,
        jurisdiction_key,
        level,
        time_no,
        min(line_no) as first_line_no,
        count(*) as printed_lines,
        min(listed_from) as listed_from,
        min(listed_since) as earliest_since,
        case when count(*) = count(listed_to) then max(listed_to) end as listed_to,
        max(last_seen_on) as last_seen_on
    from numbered
    group by tracker_key, jurisdiction_key, level, time_no
)

select
    {{ surrogate_key(['times.tracker_key', 'times.jurisdiction_key', 'times.level', 'times.listed_from']) }}
        as listed_unit_key,
    times.tracker_key,
    times.jurisdiction_key,
    firsts.is_resolved,
    firsts.tracker_code,
    firsts.verdict,
    times.level,
    firsts.state_code,
    firsts.listed_name,
    times.listed_from,
    -- known only where the first line's own beginning is
    case when times.earliest_since = times.listed_from then times.earliest_since end as listed_since,
    times.listed_to,
    times.last_seen_on,
    times.listed_from = firsts.first_snapshot_on as is_from_first_snapshot,
    cast(times.printed_lines as bigint) as printed_lines,
    firsts._capture_id,
    firsts._payload_id,
    firsts._record_no,
    firsts._kind
from times
inner join numbered as firsts
    on
        times.tracker_key = firsts.tracker_key
        and times.jurisdiction_key = firsts.jurisdiction_key
        and times.level = firsts.level
        and times.first_line_no = firsts.line_no
