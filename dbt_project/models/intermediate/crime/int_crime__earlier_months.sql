-- What the capture before the serving one held of an agency's month and offence, the same or not: the Bureau revises, and not
-- upwards alone.
with ranked as (
    select
        earlier.ori,
        earlier.offense_code,
        earlier.month_start,
        earlier.offenses,
        cast(earlier._retrieved_at as date) as captured_on,
        row_number() over (
            partition by earlier.ori, earlier.offense_code, earlier.month_start
            order by
                earlier._retrieved_at desc, earlier._capture_id desc, earlier._payload_id desc,
                earlier._record_no desc
        ) as nth
    from {{ ref('base_fbi__agency_months') }} as earlier
    inner join {{ ref('stg_fbi__agency_months') }} as serving
        on
            earlier.ori = serving.ori
            and earlier.offense_code = serving.offense_code
            and earlier.month_start = serving.month_start
            and earlier._capture_id <> serving._capture_id
    where earlier._fate in ('superseded', 'duplicate')
)

select
    ori,
    offense_code,
    month_start,
    offenses,
    captured_on
from ranked
where nth = 1
