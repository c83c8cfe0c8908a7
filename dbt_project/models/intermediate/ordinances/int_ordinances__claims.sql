-- The article's claims about lists and laws, judged by what the trackers list and the ledger holds.
-- a list of before the article stands for the day as it was last seen by then: nobody knows it later
with units as (
    select
        listings.*,
        -- the unit's own level: a city that is also a county may stand under either heading
        coalesce(nullif(nullif(jurisdictions.level, 'unresolved'), 'unknown'), listings.level) as unit_level,
        max(last_seen_on) over (partition by tracker_code) as last_list_on,
        max(case when listed_from <= cast('2017-03-27' as date) then least(last_seen_on, cast('2017-03-27' as date)) end)
            over (partition by tracker_code) as known_on
    from {{ ref('fct_listed_unit') }} as listings
    left join {{ ref('dim_jurisdiction') }} as jurisdictions
        on listings.jurisdiction_key = jurisdictions.jurisdiction_key
    where listings.verdict = 'sanctuary'
),

counted as (
    select
        units.*,
        unit_level in ('place', 'consolidated') as is_city,
        coalesce(listed_from <= known_on and last_seen_on >= known_on, false) as was_listed,
        last_seen_on = last_list_on as is_listed_last
    from units
),

listed as (
    select
        tracker_code,
        max(known_on) as known_on,
        max(last_list_on) as last_list_on,
        count(distinct case when was_listed and is_city then jurisdiction_key end) as cities_then,
        count(distinct case when was_listed then jurisdiction_key end) as jurisdictions_then,
        count(distinct case when is_listed_last and is_city then jurisdiction_key end) as cities_last,
        count(distinct case when is_listed_last then jurisdiction_key end) as jurisdictions_last
    from counted
    group by tracker_code
),

-- each tracker beside the other: the longest list answers, lists are never merged
cities_listed as (
    select
        count(known_on) as trackers_then,
        max(cities_then) as cities_then,
        max(jurisdictions_then) as jurisdictions_then,
        coalesce(sum(case when known_on is null then cities_last else cities_then end), 0) as evidence_rows,
        {{ joined("concat(tracker_code, ' named ', cast(case when known_on is null then jurisdictions_last else jurisdictions_then end as " ~ dbt.type_string()
            ~ "), ' jurisdictions, ', cast(case when known_on is null then cities_last else cities_then end as " ~ dbt.type_string()
            ~ "), ' of them cities, as of ', cast(coalesce(known_on, last_list_on) as " ~ dbt.type_string() ~ "), case when known_on is null then ', after the article' else concat(' (', cast(2017 * 12 + 3 - extract(year from known_on) * 12 - extract(month from known_on) as " ~ dbt.type_string() ~ "), ' months before the article)') end)") }} as lists_text,
        {{ joined("concat('clawback query listed --set tracker=', tracker_code, ' --as-of ', cast(coalesce(known_on, last_list_on) as " ~ dbt.type_string() ~ "))") }}
            as lists_trace
    from listed
),

-- the same as `clawback query four_cities`
four_cities as (
    select
        claims.claim_id,
        jurisdictions.geoid,
        -- an act of several provisions is one
        {{ surrogate_key([
            'events.jurisdiction_key', 'events.instrument', 'events.instrument_number', 'events.event', 'events.event_from',
            'events.source_citation'
        ]) }} as act_id,
        events.event_from >= cast('2016-11-08' as date)
        and coalesce(events.event_to, events.event_from) <= cast('2017-03-27' as date)
        and events.source_status <> 'unsourced'
        and effects.track = 'force'
        and effects.sets = 1
        and events.event <> 'weakened' as affirms,
        concat('clawback trace core.fct_policy_event ', events.policy_event_key) as act_trace,
        concat(
            events.jurisdiction_name, ' ', coalesce(events.instrument_number, events.instrument), ' ', events.event, ' ',
            coalesce(cast(events.event_from as {{ dbt.type_string() }}), 'on a day not known')
        ) as act_text
    from {{ ref('fct_policy_event') }} as events
    inner join {{ ref('dim_jurisdiction') }} as jurisdictions
        on events.jurisdiction_key = jurisdictions.jurisdiction_key
    inner join {{ ref('article_claims') }} as claims
        on claims.claim_kind = 'affirmed' and {{ is_in_list('jurisdictions.geoid', 'claims.geoids') }}
    left join {{ ref('policy_event_effects') }} as effects
        on events.event = effects.event
),

affirmed as (
    select
        count(distinct case when affirms then geoid end) as cities,
        count(distinct act_id) as evidence_rows,
        {{ joined_once("case when affirms then act_text end") }} as acts_text,
        {{ joined("case when affirms then act_trace end") }} as acts_trace
    from four_cities
),

judged as (
    select
        claims.claim_id,
        claims.claim_kind,
        case when cities_listed.trackers_then > 0 then cast(cities_listed.cities_then as double) end as computed_value,
        case
            when cities_listed.trackers_then = 0 then 'no data yet'
            when cities_listed.cities_then > claims.claimed_value then 'supported'
            -- more jurisdictions and fewer cities: the list says the one and not the other
            when cities_listed.jurisdictions_then > claims.claimed_value then 'bracketed'
            -- who is not on a list may have a policy all the same: a short list contradicts nothing
            else 'not decided'
        end as verdict,
        case
            when cities_listed.trackers_then = 0 then 'no list'
            when
                cities_listed.jurisdictions_then > claims.claimed_value
                and cities_listed.cities_then <= claims.claimed_value then 'jurisdictions'
            else 'listed'
        end as why_code,
        'any' as evidence_code,
        cities_listed.evidence_rows,
        coalesce(cities_listed.lists_text, 'no list is captured') as evidence_text,
        cities_listed.lists_trace as evidence_trace
    from {{ ref('article_claims') }} as claims
    cross join cities_listed
    where claims.claim_kind = 'cities_listed'

    union all

    select
        claims.claim_id,
        claims.claim_kind,
        case when affirmed.evidence_rows > 0 then cast(affirmed.cities as double) end as computed_value,
        case
            when affirmed.cities >= claims.claimed_value then 'supported'
            when affirmed.evidence_rows > 0 then 'not decided'
            else 'no data yet'
        end as verdict,
        'any' as why_code,
        'any' as evidence_code,
        affirmed.evidence_rows,
        coalesce(affirmed.acts_text, 'no such act in the ledger') as evidence_text,
        affirmed.acts_trace as evidence_trace
    from {{ ref('article_claims') }} as claims
    cross join affirmed
    where claims.claim_kind = 'affirmed'
)

select
    judged.claim_id,
    judged.computed_value,
    judged.verdict,
    whys.sentence as why,
    {{ sentence("evidences.sentence", {'lists': 'judged.evidence_text', 'acts': 'judged.evidence_text', 'all_acts': in_words('judged.evidence_rows')}) }} as evidence,
    cast(null as {{ dbt.type_string() }}) as series_note,
    judged.evidence_rows,
    judged.evidence_trace
from judged
{{ claim_sentences_of('judged') }}
