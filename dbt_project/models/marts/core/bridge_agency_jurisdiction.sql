-- Most agencies serve one unit. Where one serves several, no published figure says how its work is divided: equal shares.
with several as (
    select
        shares.ori,
        geoids.jurisdiction_key,
        shares.reason
    from {{ ref('agency_jurisdictions') }} as shares
    inner join {{ ref('int_identity__geoids') }} as geoids
        on shares.geoid = geoids.geoid
    union all
    select
        agencies.ori,
        joint.jurisdiction_key,
        'its name joins two places' as reason
    from {{ ref('int_crime__agencies') }} as agencies
    inner join {{ ref('int_identity__joint') }} as joint
        on agencies.printed_id = joint.printed_id
    where agencies.ori not in (select ori from {{ ref('agency_jurisdictions') }})
),

counted as (
    select ori, count(*) as served from several group by ori
)

select
    agencies.agency_key,
    coalesce(several.jurisdiction_key, agencies.jurisdiction_key) as jurisdiction_key,
    cast(1.0 / coalesce(counted.served, 1) as double) as weight,
    case when several.ori is not null then 'equal shares' else 'whole' end as weight_basis,
    several.reason
from {{ ref('dim_agency') }} as agencies
left join several
    on agencies.ori = several.ori
left join counted
    on agencies.ori = counted.ori
where agencies.agency_key <> {{ unknown_key() }} and agencies.ori is not null
