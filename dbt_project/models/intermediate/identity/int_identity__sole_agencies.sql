-- The one police department or sheriff of a unit: what a name of such a body means where the unit has one alone.
select
    jurisdiction_key,
    is_sheriff,
    max(ori) as ori
from {{ ref('int_crime__agencies') }}
where is_resolved and (is_sheriff or is_police)
group by jurisdiction_key, is_sheriff
having count(*) = 1
