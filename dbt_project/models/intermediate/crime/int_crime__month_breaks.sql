-- Why a month of an agency may not stand beside others: breaks and holes that hold for it, in one text. Those that last have
-- an end; what happens in the month alone (another level, the first month in NIBRS) goes on.
with reasons as (
    select
        months.ori,
        months.month_start,
        months.offense_code,
        breaks.reason,
        'lasts' as kind
    from {{ ref('int_crime__months') }} as months
    inner join {{ ref('crime_series_breaks') }} as breaks
        on
            months.month_start between breaks.first_month and breaks.last_month
            and (breaks.ori is null or breaks.ori = months.ori)
            and (breaks.offense_code is null or breaks.offense_code = months.offense_code)
            -- a named fault of the Explorer's count that counts again is none
            and not (
                breaks.kind in ('partial', 'suspect') and breaks.ori is not null
                and months.source_kind = 'Crime Data Explorer' and months.offenses is not null
            )
    union all
    select
        months.ori,
        months.month_start,
        months.offense_code,
        'the first month of the agency in NIBRS' as reason,
        'start' as kind
    from {{ ref('int_crime__months') }} as months
    inner join {{ ref('int_crime__agencies') }} as agencies
        on
            months.ori = agencies.ori
            and extract(year from months.month_start) = extract(year from agencies.nibrs_start_on)
            and extract(month from months.month_start) = extract(month from agencies.nibrs_start_on)
    union all
    select
        ori,
        month_start,
        offense_code,
        concat(
            case when level_change_percent is null then 'the count rises from 0: '
                else concat('the level changes by ', {{ in_words('cast(round(level_change_percent) as bigint)') }}, ' percent: ') end,
            {{ in_words('cast(round(mean_before) as bigint)') }}, ' a month in the six months before, ',
            {{ in_words('cast(round(mean_after) as bigint)') }}, ' in the six from here on; nobody names a cause'
        ) as reason,
        'level' as kind
    from {{ ref('int_crime__level_changes') }}
    where not is_explained
)

select
    ori,
    month_start,
    offense_code,
    {{ joined('reason') }} as break_reason,
    {{ joined("case when kind = 'lasts' then reason end") }} as lasting_reason,
    {{ joined("case when kind = 'start' then reason end") }} as start_reason,
    {{ joined("case when kind = 'level' then reason end") }} as level_reason
from reasons
group by ori, month_start, offense_code
