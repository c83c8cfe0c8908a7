-- When we had what a council's record says, as it says it now: of the captures that hold the record with the same act, or
-- the matter with the same dates and standing, the first. A record comes again in later captures, and is learned once.
-- A file that somebody brought was learned when it was brought, whatever its day.
with versions as (
    select
        {{ surrogate_key(["'action'", 'client', 'matter_id', 'action_id', 'action_on', 'action_name', 'body_name', 'vote_name']) }}
            as content_id,
        _fate,
        _capture_id,
        _record_no,
        _retrieved_at
    from {{ ref('base_legistar__histories') }}
    union all
    select
        {{ surrogate_key(["'legistar'", 'client', 'matter_id', 'introduced_on', 'passed_on', 'enacted_on', 'status_name']) }}
            as content_id,
        _fate,
        _capture_id,
        _record_no,
        _retrieved_at
    from {{ ref('base_legistar__matters') }}
    union all
    select
        {{ surrogate_key(["'elms'", 'client', 'matter_id', 'introduced_on', 'final_on', 'status_name', 'sub_status_name']) }}
            as content_id,
        _fate,
        _capture_id,
        _record_no,
        _retrieved_at
    from {{ ref('base_elms__matters') }}
),

firsts as (
    select
        versions.content_id,
        min(cast(
            case when captures.kind = 'imported' then captures.landed_at else versions._retrieved_at end as date
        )) as learned_on
    from versions
    inner join {{ source('raw', 'capture') }} as captures
        on versions._capture_id = captures.capture_id
    where versions._fate <> 'quarantined'
    group by versions.content_id
)

select
    versions._capture_id,
    versions._record_no,
    firsts.learned_on
from versions
inner join firsts
    on versions.content_id = firsts.content_id
where versions._fate = 'staged'
