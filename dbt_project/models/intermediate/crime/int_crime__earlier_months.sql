-- What the capture before the serving one held of an agency's month and offence: the Bureau revises, and not upwards alone.
with ranked as (
    select
        ori,
        offense_code,
        month_start,
        offenses,
        cast(_retrieved_at as date) as captured_on,
        row_number() over (
            partition by ori, offense_code, month_start
            order by _retrieved_at desc, _capture_id desc, _payload_id desc, _record_no desc
        ) as nth
    from {{ ref('base_fbi__agency_months') }}
    where _fate = 'superseded'
)

select
    ori,
    offense_code,
    month_start,
    offenses,
    captured_on
from ranked
where nth = 1
