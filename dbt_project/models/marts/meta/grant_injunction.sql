select
    {{ surrogate_key(['suits.case_name', 'suits.geoid', 'suits.party']) }} as grant_injunction_key,
    coalesce(
        jurisdictions.jurisdiction_key,
        case when suits.geoid is null then {{ surrogate_key([nation_geoid()]) }} end,
        {{ unknown_key() }}
    ) as jurisdiction_key,
    suits.case_name,
    suits.geoid,
    suits.party,
    suits.covers,
    suits.enjoined_from,
    suits.enjoined_to,
    suits.known_as_of,
    suits.source
from {{ ref('grant_injunctions') }} as suits
left join {{ ref('dim_jurisdiction') }} as jurisdictions
    on suits.geoid = jurisdictions.geoid
