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

-- what a list held that was shown again after another one
shown as (
    select *
    from every_listing
    union all
    select
        every_listing.tracker_code,
        again.shown_at as snapshot_at,
        every_listing.state_spelling,
        every_listing.listed_name,
        every_listing.listed_level,
        every_listing.support_type,
        every_listing.signed_on,
        every_listing.signed_unread,
        every_listing.county_name,
        every_listing.hint,
        every_listing._capture_id,
        every_listing._payload_id,
        every_listing._record_no,
        every_listing._kind
    from every_listing
    inner join {{ source('raw', 'shown_again') }} as again
        on every_listing._capture_id = again.capture_id
),

keyed as (
    select
        shown.*,
        -- ?? where no state is printed, or none that is known: the name still has its spells
        coalesce(state_names.postal, '??') as state_code,
        -- the spelling by which captures are compared: case, spaces and marks do not make another listing
        concat(
            tracker_code, '|', coalesce(state_names.postal, '??'), '|', listed_level, '|',
            {{ regexp_replace_all("upper(listed_name)", "[^A-Z0-9]+", " ") }}, '|', coalesce(upper(support_type), '')
        ) as listing_id
    from shown
    left join state_names on shown.state_spelling = state_names.spelling
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
