select agency_key, sum(weight) as weights
from {{ ref('bridge_agency_jurisdiction') }}
group by agency_key
having abs(sum(weight) - 1) > 0.000001
