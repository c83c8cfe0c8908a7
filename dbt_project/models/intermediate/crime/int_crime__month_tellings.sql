-- What each source says of an agency's month, one beside the other.
with explorer as (
    select
        months.*,
        coalesce(months.population, people.population) as people,
        {{ fbi_is_too_new('months.month_start', 'months.newest_data') }} as is_too_new,
        sum(abs(coalesce(months.offenses, 0))) over (partition by months.ori, months.month_start) as offenses_of_all_kinds,
        count(months.offenses) over (partition by months.ori, months.month_start) as kinds_reported
    from {{ ref('stg_fbi__agency_months') }} as months
    left join {{ ref('int_crime__agency_people') }} as people
        on months.ori = people.ori and extract(year from months.month_start) = people.population_year
)

select
    'Crime Data Explorer' as source_kind,
    ori,
    offense_code,
    month_start,
    offenses as offenses_as_printed,
    -- nothing at all in a month is no count: rather not reported than quiet
    case when offenses_of_all_kinds > 0 and not is_too_new then offenses end as offenses,
    case when not is_too_new then cleared end as cleared,
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
