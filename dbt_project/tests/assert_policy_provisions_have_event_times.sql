-- A provision that the panel does not know by name would have no event time: the panel's list follows the ledger's.
select distinct provision_code
from {{ ref('fct_policy_status') }}
where provision_code not in ('{{ declared_provisions() | join("', '") }}')
