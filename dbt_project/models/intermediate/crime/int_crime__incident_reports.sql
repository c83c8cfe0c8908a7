-- Reports of each month and code with the victim's group. What the publisher does not tell is kept apart from a code
-- whose meaning we do not know.
with published as (
    select distinct series
    from {{ ref('victim_group_codes') }}
)

select
    months.series,
    months.month_start,
    months.code,
    months.is_domestic,
    case
        when published.series is null then 'not_published'
        when months.victim_group_code is null then 'ethnicity_unknown'
        else coalesce(meanings.victim_group, 'meaning_unknown')
    end as victim_group,
    sum(months.reports) as reports
from {{ ref('int_crime__incident_months') }} as months
left join published
    on months.series = published.series
left join {{ ref('victim_group_codes') }} as meanings
    on months.series = meanings.series and upper(months.victim_group_code) = meanings.code
group by
    months.series,
    months.month_start,
    months.code,
    months.is_domestic,
    case
        when published.series is null then 'not_published'
        when months.victim_group_code is null then 'ethnicity_unknown'
        else coalesce(meanings.victim_group, 'meaning_unknown')
    end
