-- Each announced award that a captured award can be told for: what was announced beside what is obligated now.
select
    announced.announced_award_key,
    awards.award_key,
    awards.fain,
    announced.jurisdiction_key,
    announced.agency_name,
    announced.program_area,
    announced.fiscal_year,
    announced.announced_by,
    announced.announced_amount,
    announced.is_rounded,
    awards.obligated_amount,
    cast(awards.obligated_amount - announced.announced_amount as decimal(18, 2)) as difference_amount,
    case
        when awards.obligated_amount is null then 'nothing is known to be obligated'
        when awards.obligated_amount = announced.announced_amount then 'equal'
        when
            announced.is_rounded and abs(awards.obligated_amount - announced.announced_amount)
            <= 0.05 * announced.announced_amount
            then 'within 5 percent of a figure that is rounded in print'
        else 'differs: changed since it was announced, or another figure was printed'
    end as difference_because
from {{ ref('fct_announced_award') }} as announced
inner join {{ ref('fct_award') }} as awards
    on announced.award_key = awards.award_key
