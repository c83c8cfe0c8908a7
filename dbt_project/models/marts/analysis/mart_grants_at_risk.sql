-- Every jurisdiction with awards stands once beside every tracker, listed or not: for each tracker the money adds up to
-- the awards.
with awards as (
    select
        awards.*,
        awards.end_on >= build.as_of as is_open,
        captures.note as selection_note
    from {{ ref('fct_award') }} as awards
    cross join {{ source('raw', 'build') }} as build
    left join {{ source('raw', 'capture') }} as captures
        on awards._capture_id = captures.capture_id
),

money as (
    select
        jurisdiction_key,
        program_area,
        count(*) as awards,
        sum(case when is_open then 1 else 0 end) as awards_open,
        sum(obligated_amount) as obligated_amount,
        sum(case when is_open then obligated_amount else 0 end) as obligated_amount_open,
        sum(outlayed_amount) as outlayed_amount,
        sum(undisbursed_amount) as undisbursed_amount,
        sum(case when outlay_coverage = 'reported' then 1 else 0 end) as awards_with_outlay,
        sum(officers_funded_reported) as officers_funded_reported,
        sum(case when is_open then undisbursed_amount end) as undisbursed_amount_open,
        sum(case when is_open and outlay_coverage = 'reported' then 1 else 0 end) as awards_open_with_outlay,
        min(outlay_as_of) as oldest_outlay_as_of,
        {{ joined_once('selection_note') }} as selection_note
    from awards
    group by jurisdiction_key, program_area
),

trackers as (
    select
        tracker_key,
        tracker_code,
        verdict,
        -- of a list that is not at hand, or in part only, silence says nothing
        holds = 'the whole list' as is_whole
    from {{ ref('dim_tracker') }}
    -- a list of one day says nothing of today
    where tracker_code <> 'unknown' and lasts = 'until the next list'
),

listed as (
    select
        tracker_key,
        jurisdiction_key,
        min(listed_from) as first_seen_on,
        case when min(listed_since) = min(listed_from) then min(listed_since) end as listed_since
    from {{ ref('fct_listed_unit') }}
    where listed_to is null
    group by tracker_key, jurisdiction_key
),

states_listed as (
    select
        tracker_key,
        state_code,
        min(listed_from) as first_seen_on,
        case when min(listed_since) = min(listed_from) then min(listed_since) end as listed_since
    from {{ ref('fct_listed_unit') }}
    where listed_to is null and level = 'state'
    group by tracker_key, state_code
),

-- an order without a known end is not in force today: it stood on the day it was last known, and the text says so
injunctions as (
    select
        jurisdictions.jurisdiction_key,
        {{ joined("concat(suits.case_name, ' since ', cast(suits.enjoined_from as " ~ dbt.type_string() ~ "), ' (known as of ', cast(suits.known_as_of as " ~ dbt.type_string() ~ "), '): ', suits.covers)") }}
            as injunctions,
        min(suits.known_as_of) as injunctions_known_as_of
    from {{ ref('grant_injunctions') }} as suits
    cross join {{ source('raw', 'build') }} as build
    inner join {{ ref('dim_jurisdiction') }} as jurisdictions
        on suits.geoid is null or suits.geoid = jurisdictions.geoid
    where
        suits.enjoined_from <= build.as_of
        and (suits.enjoined_to is null or suits.enjoined_to > build.as_of)
        and jurisdictions.jurisdiction_key <> {{ unknown_key() }}
    group by jurisdictions.jurisdiction_key
)

select
    {{ surrogate_key(['money.jurisdiction_key', 'trackers.tracker_key', 'money.program_area']) }} as grants_at_risk_key,
    money.jurisdiction_key,
    trackers.tracker_key,
    jurisdictions.name as jurisdiction_name,
    jurisdictions.state_code,
    jurisdictions.level,
    trackers.tracker_code,
    money.program_area,
    case
        when listed.jurisdiction_key is not null then trackers.verdict
        when jurisdictions.is_resolved and trackers.is_whole then 'not listed'
        else 'unknown'
    end as tracker_verdict,
    listed.listed_since,
    listed.first_seen_on,
    case
        when states_listed.state_code is not null then trackers.verdict
        when jurisdictions.state_code is not null and trackers.is_whole then 'not listed'
        else 'unknown'
    end as state_verdict,
    states_listed.listed_since as state_listed_since,
    states_listed.first_seen_on as state_first_seen_on,
    cast(money.awards as bigint) as awards,
    cast(money.awards_open as bigint) as awards_open,
    cast(money.obligated_amount as decimal(18, 2)) as obligated_amount,
    cast(money.obligated_amount_open as decimal(18, 2)) as obligated_amount_open,
    cast(money.outlayed_amount as decimal(18, 2)) as outlayed_amount,
    cast(money.undisbursed_amount as decimal(18, 2)) as undisbursed_amount,
    cast(money.awards_with_outlay as bigint) as awards_with_outlay,
    cast(money.awards_open_with_outlay as bigint) as awards_open_with_outlay,
    cast(money.undisbursed_amount_open as decimal(18, 2)) as undisbursed_amount_open,
    money.oldest_outlay_as_of,
    cast(money.officers_funded_reported as bigint) as officers_funded_reported,
    injunctions.injunctions,
    injunctions.injunctions_known_as_of,
    shares.nation_obligated_amount,
    shares.share_of_nation_percent,
    shares.share_note,
    money.selection_note
from money
cross join trackers
inner join {{ ref('dim_jurisdiction') }} as jurisdictions
    on money.jurisdiction_key = jurisdictions.jurisdiction_key
left join listed
    on money.jurisdiction_key = listed.jurisdiction_key and trackers.tracker_key = listed.tracker_key
left join states_listed
    on jurisdictions.state_code = states_listed.state_code and trackers.tracker_key = states_listed.tracker_key
left join injunctions
    on money.jurisdiction_key = injunctions.jurisdiction_key
left join {{ ref('mart_award_share') }} as shares
    on
        shares.share_scope = 'jurisdiction and program area'
        and money.jurisdiction_key = shares.jurisdiction_key
        and money.program_area = shares.program_area
