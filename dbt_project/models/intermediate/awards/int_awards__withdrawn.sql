-- Awards that the search showed once and that their publisher has no more. The search tells of changes, never of
-- deletions: an award leaves where all its transactions were deleted later, or where a newer whole answer for the
-- fiscal year of its base obligation lacks it.
with searched as (
    select
        awards.fain,
        awards.awarding_agency_code,
        awards.award_unique_key,
        awards.recipient_name,
        awards.assistance_listing,
        awards.obligated_amount,
        awards._retrieved_at,
        awards._capture_id,
        awards._payload_id,
        awards._record_no,
        awards._kind,
        case
            when {{ regexp_matches('captures.slice', '^[a-z_]+:FY[0-9]{4}$') }} then captures.slice
            else concat(
                {{ dbt.split_part('captures.slice', "':'", 1) }}, ':FY',
                cast({{ fiscal_year('awards.base_obligated_on') }} as {{ dbt.type_string() }})
            )
        end as whole_slice
    from {{ ref('stg_usaspending__awards') }} as awards
    inner join {{ source('raw', 'capture') }} as captures
        on awards._capture_id = captures.capture_id
),

whole_answers as (
    select
        slice,
        max(retrieved_at) as retrieved_at
    from {{ source('raw', 'capture') }}
    where dataset = 'usaspending__awards' and is_serving and kind = 'fetched' and selection_field is null
    group by slice
),

-- a record that cannot be read gives no figures, and shows that its publisher still has the award
unread as (
    select
        fain,
        awarding_agency_code,
        max(_retrieved_at) as retrieved_at
    from {{ ref('base_usaspending__awards') }}
    where _fate = 'quarantined'
    group by fain, awarding_agency_code
),

deleted as (
    select
        award_id,
        awarding_agency_code,
        max(deleted_as_of) as deleted_as_of,
        -- without its first action an award is known in part, and the part is not all
        max(case when action_type_code = 'A' or modification_number in ('0', '00', '000') then 1 else 0 end) as first_actions
    from {{ ref('int_awards__transactions') }}
    where deleted_because is not null
    group by award_id, awarding_agency_code
),

judged as (
    select
        searched.*,
        case
            when transacted.award_id is not null then null
            when deleted.deleted_as_of > searched._retrieved_at and deleted.first_actions = 1
                then 'all its transactions under the listings were deleted'
            when whole_answers.retrieved_at > searched._retrieved_at and searched._kind = 'fetched'
                and coalesce(unread.retrieved_at < whole_answers.retrieved_at, true)
                then 'a newer answer for its whole fiscal year lacks it'
        end as withdrawn_because,
        case
            when deleted.deleted_as_of > searched._retrieved_at and deleted.first_actions = 1 then deleted.deleted_as_of
            else whole_answers.retrieved_at
        end as withdrawn_by
    from searched
    left join whole_answers
        on searched.whole_slice = whole_answers.slice
    left join unread
        on searched.fain = unread.fain and searched.awarding_agency_code = unread.awarding_agency_code
    left join deleted
        on searched.fain = deleted.award_id and searched.awarding_agency_code = deleted.awarding_agency_code
    left join {{ ref('int_awards__from_transactions') }} as transacted
        on searched.fain = transacted.award_id and searched.awarding_agency_code = transacted.awarding_agency_code
)

select
    fain,
    awarding_agency_code,
    award_unique_key,
    recipient_name,
    assistance_listing,
    obligated_amount,
    withdrawn_because,
    cast(withdrawn_by as date) as withdrawn_by,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from judged
where withdrawn_because is not null
