-- No name of a tracker's snapshot is lost on its way to a spell: every staged name is counted in one, once a day.
with printed as (
    {% for tracker, dataset in declared_trackers().items() %}
    select '{{ tracker }}' as tracker_code, count(*) as names
    from (
        select distinct
            cast(_retrieved_at as date) as day, state_as_printed, listed_level, support_type,
            {{ regexp_replace_all("upper(listed_name)", "[^A-Z0-9]+", " ") }} as name
        from {{ ref('stg_' ~ dataset) }}
    ) as listed
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
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
