-- What USAspending itself says of an award's totals, by whichever of its doors was opened last. An outlay that is
-- null in a file or on a page is unknown; the search shows 0 where nothing is known, so its 0 says nothing.
with said as (
    select
        stg.fain as award_id,
        stg.awarding_agency_code,
        'award search' as door,
        stg._retrieved_at as said_at,
        stg.obligated_amount,
        case when stg.outlayed_amount_shown <> 0 then stg.outlayed_amount_shown end as outlayed_amount,
        coalesce(stg.outlayed_amount_shown <> 0, false) as speaks_of_outlays
    from {{ ref('stg_usaspending__awards') }} as stg
    union all
    select
        award_id,
        awarding_agency_code,
        'transaction file' as door,
        _content_as_of as said_at,
        award_obligated_amount as obligated_amount,
        award_outlayed_amount as outlayed_amount,
        true as speaks_of_outlays
    from {{ ref('int_awards__from_transactions') }}
    union all
    select
        fain as award_id,
        awarding_agency_code,
        'award page' as door,
        _retrieved_at as said_at,
        obligated_amount,
        outlayed_amount,
        true as speaks_of_outlays
    from {{ ref('stg_usaspending__award_outlays') }}
    where fain is not null and not is_not_found
),

obligations as (
    select
        award_id,
        awarding_agency_code,
        door,
        said_at,
        obligated_amount,
        row_number() over (partition by award_id, awarding_agency_code order by said_at desc, door) as newest
    from said
    where obligated_amount is not null
),

outlays as (
    select
        award_id,
        awarding_agency_code,
        door,
        said_at,
        obligated_amount,
        outlayed_amount,
        row_number() over (partition by award_id, awarding_agency_code order by said_at desc, door) as newest
    from said
    where speaks_of_outlays
)

select
    coalesce(obligations.award_id, outlays.award_id) as award_id,
    coalesce(obligations.awarding_agency_code, outlays.awarding_agency_code) as awarding_agency_code,
    obligations.obligated_amount,
    obligations.door as obligated_door,
    outlays.outlayed_amount,
    -- what the same answer says is obligated: figures of two days have no difference
    outlays.obligated_amount as own_amount_at_outlay,
    outlays.door as outlayed_door,
    cast(outlays.said_at as date) as outlay_as_of
from (select * from obligations where newest = 1) as obligations
full outer join (select * from outlays where newest = 1) as outlays
    on obligations.award_id = outlays.award_id and obligations.awarding_agency_code = outlays.awarding_agency_code
