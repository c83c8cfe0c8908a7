select
    geoid,
    jurisdiction_key,
    level
from {{ ref('int_identity__units') }}
union all
select
    also_geoid as geoid,
    jurisdiction_key,
    level
from {{ ref('int_identity__units') }}
where also_geoid is not null
union all
-- the District is a state to the Census and one government in fact
select
    '11' as geoid,
    jurisdiction_key,
    level
from {{ ref('int_identity__units') }}
where geoid = '1150000'
