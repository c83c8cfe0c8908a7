-- One row an agency, month and offence out of two sources that may both have it. They are two tellings of the same
-- reports and are never added: a month is taken whole from one of them.
with api as (
    select
        months.*,
        sum(abs(coalesce(offenses, 0))) over (partition by ori, month_start) as offenses_of_all_kinds,
        count(offenses) over (partition by ori, month_start) as kinds_reported
    from {{ ref('stg_fbi__agency_months') }} as months
),

tellings as (
    select
        'Crime Data Explorer' as source_kind,
        ori,
        offense_code,
        month_start,
        offenses as offenses_as_printed,
        -- nothing at all in a month is no count: rather not reported than quiet
        case when offenses_of_all_kinds > 0 then offenses end as offenses,
        cleared,
        population,
        case
            when offenses is null then 'not reported'
            when offenses_of_all_kinds = 0 then 'suspect: nothing of any kind'
            when offenses < 0 then 'negative: earlier reports unfounded'
            else 'reported'
        end as coverage,
        -- the explorer is revised with each refresh, so it goes first where it counts anything; then a return that
        -- came, its zeros included; then what is left of either
        case when offenses_of_all_kinds > 0 then 1 when kinds_reported > 0 then 4 else 5 end as turn,
        _capture_id,
        _payload_id,
        _record_no,
        _kind
    from api
    union all
    select
        'Return A master file' as source_kind,
        ori,
        offense_code,
        month_start,
        offenses_as_printed,
        offenses,
        cleared,
        population,
        coverage,
        case when is_normal_return then 2 when offenses_of_all_kinds > 0 then 3 else 6 end as turn,
        _capture_id,
        _payload_id,
        _record_no,
        _kind
    from {{ ref('int_crime__return_a_months') }}
),

ordered as (
    select
        tellings.*,
        row_number() over (partition by ori, month_start, offense_code order by turn, source_kind) as nth,
        max(case when source_kind = 'Crime Data Explorer' then offenses end)
            over (partition by ori, month_start, offense_code) as explorer_offenses,
        max(case when source_kind = 'Return A master file' then offenses end)
            over (partition by ori, month_start, offense_code) as return_a_offenses
    from tellings
)

select
    ori,
    offense_code,
    month_start,
    source_kind,
    offenses_as_printed,
    offenses,
    cleared,
    population,
    coverage,
    case when source_kind = 'Crime Data Explorer' then return_a_offenses else explorer_offenses end
        as offenses_by_other_source,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from ordered
where nth = 1
