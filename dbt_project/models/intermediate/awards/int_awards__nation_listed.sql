-- The awards of int_awards__nation once for each tracker whose last list has their jurisdiction.
select
    nation.*,
    listed.tracker_code
from {{ ref('int_awards__nation') }} as nation
inner join (
    select distinct tracker_code, jurisdiction_key
    from {{ ref('fct_listed_unit') }}
    where listed_to is null
) as listed
    on nation.jurisdiction_key = listed.jurisdiction_key
