-- Each month of the master file by offence. A printed 0 says nothing by itself: the card's type says whether a return
-- came, and another agency's or another month's return may hold it.
with months as (
    select
        return_a.*,
        -- the file has no line of aggravated assault: its four lines by weapon, where the return breaks them down
        case when card_detail = 'T' then null
            else actual_assault_gun + actual_assault_knife + actual_assault_other_weapon + actual_assault_unarmed end
            as actual_aggravated,
        case when card_detail = 'T' then null
            else cleared_assault_gun + cleared_assault_knife + cleared_assault_other_weapon + cleared_assault_unarmed end
            as cleared_aggravated,
        abs(coalesce(actual_murder, 0)) + abs(coalesce(actual_rape, 0)) + abs(coalesce(actual_robbery, 0))
        + abs(coalesce(actual_assault, 0)) + abs(coalesce(actual_burglary, 0)) + abs(coalesce(actual_larceny, 0))
        + abs(coalesce(actual_motor_vehicle_theft, 0)) as offenses_of_all_kinds
    from {{ ref('stg_fbi__return_a') }} as return_a
),

by_card as (
    select
        months.*,
        case
            when covered_by_ori is not null and offenses_of_all_kinds = 0 then 'not reported: another agency reports for it'
            when card_type = '5' then 'reported'
            when included_in_month is not null and included_in_month <> extract(month from month_start)
                and offenses_of_all_kinds = 0 then 'not reported: in the return of another month'
            when card_type = '2' and offenses_of_all_kinds > 0 then 'adjustment without a normal return'
            when offenses_of_all_kinds > 0 then 'suspect: counted without a return'
            else 'not reported'
        end as card_coverage
    from months
),

-- a return that holds other months too, as the file says, counts them all: a year's count may rest on it, no month's
holders as (
    select distinct
        ori,
        extract(year from month_start) as calendar_year,
        included_in_month
    from by_card
    where card_coverage = 'not reported: in the return of another month'
),

returned as (
    select
        by_card.*,
        case
            when holders.ori is not null and by_card.card_coverage = 'reported' and by_card.offenses_of_all_kinds > 0
                then 'suspect: several months in one return'
            else by_card.card_coverage
        end as return_coverage
    from by_card
    left join holders
        on
            by_card.ori = holders.ori
            and extract(year from by_card.month_start) = holders.calendar_year
            and extract(month from by_card.month_start) = holders.included_in_month
),

by_offense as (
    {% for offense in declared_fbi_offenses() if offense.return_a %}
    {%- set line = offense.return_a %}
    select
        ori,
        '{{ offense.code }}' as offense_code,
        month_start,
        actual_{{ line }} as offenses_as_printed,
        cleared_{{ line }} as cleared,
        population,
        offenses_of_all_kinds,
        return_coverage = 'reported' as is_normal_return,
        case
            when actual_{{ line }} is not null or return_coverage like 'not reported%' then return_coverage
            {% if line == 'aggravated' %}when card_detail = 'T' then 'not told apart: totals only'{% endif %}
            else 'not reported'
        end as return_coverage,
        _capture_id,
        _payload_id,
        _record_no,
        _kind
    from returned
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    ori,
    offense_code,
    month_start,
    offenses_as_printed,
    case when return_coverage in (
        'reported', 'adjustment without a normal return', 'suspect: counted without a return'
    ) then offenses_as_printed end as offenses,
    case when return_coverage in (
        'reported', 'adjustment without a normal return', 'suspect: counted without a return',
        'suspect: several months in one return'
    ) then cleared end as cleared,
    population,
    case when return_coverage = 'reported' and offenses_as_printed < 0 then 'negative: earlier reports unfounded'
        else return_coverage end as coverage,
    is_normal_return,
    offenses_of_all_kinds,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from by_offense
