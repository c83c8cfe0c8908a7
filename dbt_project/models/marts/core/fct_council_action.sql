select
    {{ surrogate_key(['actions.council_matter_key', 'actions.action_id']) }} as council_action_key,
    -- a history that a user brought without its matter
    coalesce(matters.council_matter_key, {{ unknown_key() }}) as council_matter_key,
    councils.jurisdiction_key,
    {{ calendar_key('actions.action_on') }} as action_date_key,
    actions.client as council_client,
    actions.matter_id,
    actions.action_id,
    cast(actions.action_no as bigint) as action_no,
    actions.action_on,
    actions.action_name,
    actions.action_text,
    actions.body_name,
    actions.body_kind,
    actions.vote_name,
    actions.event,
    actions.is_unread,
    actions.is_repeat,
    actions._capture_id,
    actions._payload_id,
    actions._record_no,
    actions._kind
from {{ ref('int_ordinances__council_actions') }} as actions
left join {{ ref('int_ordinances__council_matters') }} as matters
    on actions.council_matter_key = matters.council_matter_key
inner join {{ ref('int_ordinances__council_units') }} as councils
    on actions.client = councils.client and councils.source = 'legistar'
