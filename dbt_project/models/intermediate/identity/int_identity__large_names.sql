-- Names that only one captured unit of 100,000 people and more has: what a name without a state may mean.
select
    name_normalized,
    level_group,
    max(jurisdiction_key) as jurisdiction_key,
    max(geoid) as geoid
from {{ ref('int_identity__names') }}
where population >= 100000 and method <> 'hand-kept alias'
group by name_normalized, level_group
having count(distinct geoid) = 1
