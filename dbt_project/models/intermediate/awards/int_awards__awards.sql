-- Every award that any door showed and that its publisher still has. Where each of its fiscal years was captured whole, the money is the sum of its
-- transactions; otherwise that sum may lack some, and the award's own total stands.
with still_searched as (
    select searched.*
    from {{ ref('stg_usaspending__awards') }} as searched
    left join {{ ref('int_awards__withdrawn') }} as withdrawn
        on searched.fain = withdrawn.fain and searched.awarding_agency_code = withdrawn.awarding_agency_code
    where withdrawn.fain is null
),

merged as (
    select
        coalesce(searched.fain, transacted.award_id) as fain,
        coalesce(searched.awarding_agency_code, transacted.awarding_agency_code) as awarding_agency_code,
        coalesce(transacted.award_unique_key, searched.award_unique_key) as award_unique_key,
        coalesce(transacted.awarding_sub_agency, searched.awarding_sub_agency) as awarding_sub_agency,
        coalesce(transacted.assistance_listing, searched.assistance_listing) as assistance_listing,
        coalesce(transacted.recipient_uei, searched.recipient_uei) as recipient_uei,
        coalesce(transacted.recipient_duns, searched.recipient_duns) as recipient_duns,
        coalesce(transacted.recipient_name, searched.recipient_name) as recipient_name,
        coalesce(transacted.recipient_state_code, searched.recipient_state_code) as recipient_state_code,
        coalesce(transacted.recipient_city_name, searched.recipient_city_name) as recipient_city_name,
        coalesce(transacted.recipient_county_name, searched.recipient_county_name) as recipient_county_name,
        coalesce(performance_states.postal, searched.performance_state_code) as performance_state_code,
        coalesce(transacted.performance_city_name, searched.performance_city_name) as performance_city_name,
        transacted.business_types,
        coalesce(transacted.record_type_code = '1', false) as is_aggregate,
        coalesce(searched.description, transacted.description) as description,
        {{ passed_of('usaspending__awards', 'searched') }}
        coalesce(transacted.start_on, searched.start_on) as start_on,
        coalesce(transacted.end_on, searched.end_on) as end_on,
        -- the first action that is captured is the award's first only if it says so
        coalesce(searched.base_obligated_on, case when transacted.has_first_action then transacted.first_action_on end)
            as signed_on,
        transacted.last_action_on,
        coalesce(transacted.last_modified_on, searched.last_modified_on) as last_modified_on,
        transacted.transactions,
        transacted.obligated_amount as transactions_amount,
        {{ fiscal_year('searched.base_obligated_on') }} as signed_fiscal_year,
        transacted.first_fiscal_year,
        -- an aggregate has no modifications: each of its actions is its own, and only its period tells when it began
        coalesce(transacted.has_first_action or transacted.record_type_code = '1' and transacted.start_on is not null, false)
            as has_first_action,
        case when transacted.record_type_code = '1' then {{ fiscal_year('transacted.start_on') }} end as aggregate_from,
        coalesce(transacted._capture_id, searched._capture_id) as _capture_id,
        coalesce(transacted._payload_id, searched._payload_id) as _payload_id,
        coalesce(transacted._record_no, searched._record_no) as _record_no,
        coalesce(transacted._kind, searched._kind) as _kind
    from still_searched as searched
    full outer join {{ ref('int_awards__from_transactions') }} as transacted
        on searched.fain = transacted.award_id and searched.awarding_agency_code = transacted.awarding_agency_code
    left join {{ ref('states') }} as performance_states
        on upper(transacted.performance_state_name) = upper(performance_states.name)
),

dated as (
    select
        merged.*,
        case
            -- the Department's offices number their awards alike since FY2021: 15JCOPS22GG..., 15PBJA21GG..., 15JOVW23GG...
            when {{ regexp_matches('fain', '^15[A-Z]+[0-9][0-9][A-Z][A-Z]') }}
                then try_cast(concat('20', {{ regexp_extract('fain', '^15[A-Z]+([0-9][0-9])[A-Z][A-Z]', 1) }}) as int)
            when {{ regexp_matches('fain', '^20[0-9][0-9][A-Z][A-Z]') }} then try_cast(substr(fain, 1, 4) as int)
        end as fain_year
    from merged
),

needed as (
    select
        dated.*,
        least(
            coalesce(first_fiscal_year, 9999), coalesce(signed_fiscal_year, 9999), coalesce(fain_year, 9999),
            coalesce(aggregate_from, 9999)
        ) as needed_from
    from dated
),

-- the first year from which on every year up to the build's is captured whole
years as (
    select
        every_year.fiscal_year,
        whole_years.fiscal_year is not null as is_whole
    from (select distinct fiscal_year from {{ ref('dim_date') }} where fiscal_year >= 2008) as every_year
    cross join {{ source('raw', 'build') }} as build
    left join {{ ref('int_awards__whole_years') }} as whole_years
        on every_year.fiscal_year = whole_years.fiscal_year
    where every_year.fiscal_year <= extract(year from build.as_of)
        + case when extract(month from build.as_of) >= 10 then 1 else 0 end
),

reach as (
    select
        coalesce(max(case when not is_whole then fiscal_year end) + 1, 2008) as whole_from,
        max(fiscal_year) as last_year
    from years
),

decided as (
    select
        needed.*,
        needed.has_first_action
        and needed.needed_from >= reach.whole_from and reach.whole_from <= reach.last_year as is_whole
    from needed
    cross join reach
)

select
    decided.fain,
    decided.awarding_agency_code,
    decided.award_unique_key,
    decided.awarding_sub_agency,
    decided.assistance_listing,
    decided.recipient_uei,
    decided.recipient_duns,
    decided.recipient_name,
    decided.recipient_state_code,
    decided.recipient_city_name,
    decided.recipient_county_name,
    decided.performance_state_code,
    decided.performance_city_name,
    decided.business_types,
    decided.is_aggregate,
    decided.description,
    {{ passed_of('usaspending__awards', 'decided') }}
    decided.start_on,
    decided.end_on,
    decided.signed_on,
    decided.last_action_on,
    decided.last_modified_on,
    decided.fain_year,
    decided.transactions,
    decided.transactions_amount,
    decided.is_whole,
    figures.obligated_amount as own_amount,
    figures.obligated_door as own_amount_from,
    case when decided.is_whole then decided.transactions_amount else figures.obligated_amount end as obligated_amount,
    case when decided.is_whole then 'its transactions' else figures.obligated_door end as obligated_from,
    figures.outlayed_amount,
    case when figures.outlayed_amount is not null then figures.own_amount_at_outlay end as own_amount_at_outlay,
    figures.outlayed_door as outlayed_from,
    figures.outlay_as_of,
    decided._capture_id,
    decided._payload_id,
    decided._record_no,
    decided._kind
from decided
left join {{ ref('int_awards__own_figures') }} as figures
    on decided.fain = figures.award_id and decided.awarding_agency_code = figures.awarding_agency_code
