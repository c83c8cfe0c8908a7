-- What each source says of an agency's month, one beside the other.
with numbered as (
    select
        months.*,
        -- the answer gives its newest month as 06/2026
        try_cast(concat(substr(newest_data, 4, 4), '-', substr(newest_data, 1, 2), '-01') as date) as newest_month
    from {{ ref('stg_fbi__agency_months') }} as months
),

explorer as (
    select
        numbered.*,
        coalesce(numbered.population, people.population) as people,
        coalesce(numbered.month_start > numbered.newest_month, false) as is_too_new,
        sum(abs(coalesce(numbered.offenses, 0))) over (partition by numbered.ori, numbered.month_start) as offenses_of_all_kinds,
        count(numbered.offenses) over (partition by numbered.ori, numbered.month_start) as kinds_reported
    from numbered
    left join {{ ref('int_crime__agency_people') }} as people
        on numbered.ori = people.ori and extract(year from numbered.month_start) = people.population_year
)

select
    'Crime Data Explorer' as source_kind,
    ori,
    offense_code,
    month_start,
    offenses as offenses_as_printed,
    -- nothing at all in a month is no count: rather not reported than quiet
    case when offenses_of_all_kinds > 0 and not is_too_new then offenses end as offenses,
    cleared,
    people as population,
    case
        when offenses is null then 'not reported'
        when is_too_new then 'not reported: after the newest month of the source'
        when offenses_of_all_kinds = 0 then 'suspect: nothing of any kind'
        when offenses < 0 then 'negative: earlier reports unfounded'
        else 'reported'
    end as coverage,
    case
        when is_too_new or kinds_reported = 0 then 'nothing'
        when offenses_of_all_kinds = 0 then 'zeros alone'
        else 'counts'
    end as sent,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from explorer
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
    case
        when is_normal_return then 'a normal return'
        when offenses_of_all_kinds > 0 then 'counts'
        else 'nothing'
    end as sent,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from {{ ref('int_crime__return_a_months') }}
