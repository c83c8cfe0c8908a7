{{ config(materialized='view') }}
-- Offense families as numbers; 0 is all offenses.
select
    offense_code as offense_family,
    row_number() over (order by offense_code) as family_no
from (select distinct offense_code from {{ ref('nibrs_offense_codes') }}) as found
union all
select 'all_offenses' as offense_family, 0 as family_no
