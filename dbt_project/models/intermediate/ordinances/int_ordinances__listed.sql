-- Every name that a tracker's snapshot holds, with the words by which it may be resolved. A tracker is a
-- dataset whose source declares one: its staging model has these columns, whatever its publisher prints.
with state_names as (
    select spelling, max(postal) as postal
    from (
        select upper(name) as spelling, postal from {{ ref('states') }}
        union all
        select postal as spelling, postal from {{ ref('states') }}
        union all
        select spelling, postal from {{ ref('state_spellings') }}
    ) as spellings
    group by spelling
),

every_listing as (
    {% for tracker, dataset in declared_trackers().items() %}
    select
        '{{ tracker }}' as tracker_code,
        _retrieved_at as snapshot_at,
        -- a state is listed by its own name
        upper(coalesce(state_as_printed, case when listed_level = 'state' then listed_name end)) as state_spelling,
        listed_name,
        listed_level,
        support_type,
        signed_on,
        signed_unread,
        county_name,
        hint,
        _capture_id,
        _payload_id,
        _record_no,
        _kind
    from {{ ref('stg_' ~ dataset) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

keyed as (
    select
        every_listing.*,
        -- ?? where no state is printed, or none that is known: the name still has its spells
        coalesce(state_names.postal, '??') as state_code,
        -- the spelling by which captures are compared: case, spaces and marks do not make another listing
        concat(
            tracker_code, '|', coalesce(state_names.postal, '??'), '|', listed_level, '|',
            {{ regexp_replace_all("upper(listed_name)", "[^A-Z0-9]+", " ") }}, '|', coalesce(upper(support_type), '')
        ) as listing_id
    from every_listing
    left join state_names on every_listing.state_spelling = state_names.spelling
),

once as (
    select
        keyed.*,
        row_number() over (partition by listing_id, snapshot_at order by _capture_id, _record_no) as mention
    from keyed
)

select
    listing_id,
    tracker_code,
    snapshot_at,
    state_code,
    listed_name,
    listed_level,
    support_type,
    signed_on,
    signed_unread,
    county_name,
    hint,
    {{ printed_id('tracker_code', 'listed_name', "nullif(state_code, '??')", 'cast(null as ' ~ dbt.type_string() ~ ')', 'county_name', 'hint') }}
        as printed_id,
    _capture_id,
    _payload_id,
    _record_no,
    _kind
from once
where mention = 1
