-- An agency's months are part of its state's: where agencies alone count more than the control series of their state,
-- series were mixed or an agency is counted twice. The publisher revises the two at different times, so a warning.
{{ config(severity='warn') }}

with of_agencies as (
    select
        agencies.state_code,
        months.month_start,
        months.fbi_offense_code,
        sum(months.offenses) as offenses
    from {{ ref('fct_crime_month') }} as months
    inner join {{ ref('dim_agency') }} as agencies
        on months.agency_key = agencies.agency_key
    where months.source_kind = 'Crime Data Explorer'
    group by agencies.state_code, months.month_start, months.fbi_offense_code
)

select
    of_agencies.state_code,
    of_agencies.month_start,
    of_agencies.fbi_offense_code,
    of_agencies.offenses as offenses_of_agencies,
    areas.offenses as offenses_of_the_state
from of_agencies
inner join {{ ref('fct_crime_area_month') }} as areas
    on
        of_agencies.state_code = areas.area
        and of_agencies.month_start = areas.month_start
        and of_agencies.fbi_offense_code = areas.fbi_offense_code
where of_agencies.offenses > areas.offenses
