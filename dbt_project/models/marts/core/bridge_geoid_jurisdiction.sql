select
    geoids.geoid,
    geoids.jurisdiction_key,
    geoids.geoid = units.geoid as is_own_geoid
from {{ ref('int_identity__geoids') }} as geoids
inner join {{ ref('dim_jurisdiction') }} as units
    on geoids.jurisdiction_key = units.jurisdiction_key
