-- A provision that the panel does not know by name would have no event time: the panel's list follows the ledger's.
select distinct provision_code
from {{ ref('fct_policy_status') }}
where provision_code not in (
    'no_287g', 'no_detention_contract', 'detainer_limits', 'notification_limits', 'jail_interviews', 'no_status_inquiry',
    'general', 'preemption'
)
