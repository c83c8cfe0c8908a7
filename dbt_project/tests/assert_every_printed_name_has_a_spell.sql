-- No name of a tracker's snapshot is lost on its way to a spell: every staged row is counted in one.
with printed as (
    select 'doj' as tracker_code, count(*) as names
    from (select distinct _retrieved_at, heading, listed_name, state_as_printed from {{ ref('stg_doj__sanctuary_list') }}) as doj
    union all
    select 'ice_287g' as tracker_code, count(*) as names
    from (select distinct _retrieved_at, state_name, agency_name, support_type from {{ ref('stg_ice__agreements_287g') }}) as ice
),

counted as (
    select tracker_code, sum(snapshots_seen) as names
    from {{ ref('int_ordinances__spells') }}
    group by tracker_code
)

select printed.tracker_code, printed.names as printed_names, counted.names as names_in_spells
from printed
left join counted on printed.tracker_code = counted.tracker_code
where printed.names <> coalesce(counted.names, 0)
