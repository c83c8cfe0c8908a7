-- What the article of 2017-03-27 claims, what the warehouse computes, and whether it may judge. Every verdict follows
-- from the facts: it changes when a capture brings what is missing.
with whole_fy2016 as (
    -- a fetched or imported capture of FY2016's grants that is not a selection
    select count(*) as captures
    from {{ source('raw', 'capture') }}
    where dataset = 'usaspending__awards' and is_serving and kind <> 'transcribed' and slice like '%FY2016'
),

awards_fy2016 as (
    select
        awards.obligated_amount,
        awards.officers_funded_minimum,
        awards.program_area,
        jurisdictions.geoid
    from {{ ref('fct_award') }} as awards
    inner join {{ ref('dim_jurisdiction') }} as jurisdictions
        on awards.jurisdiction_key = jurisdictions.jurisdiction_key
    where awards.award_fiscal_year = 2016
),

cops_total as (
    select
        'cops_total_fy2016' as claim_id,
        cast(coalesce(sum(obligated_amount), 0) as double) as computed_value,
        count(*) as evidence_rows
    from awards_fy2016
    where program_area in (
        'hiring', 'community_policing', 'tribal_assistance', 'anti_heroin', 'anti_methamphetamine'
    )
),

city_hiring as (
    select
        'lapd_chp_fy2016' as claim_id,
        cast(sum(obligated_amount) as double) as computed_value,
        count(*) as evidence_rows,
        max(officers_funded_minimum) as officers
    from awards_fy2016
    where program_area = 'hiring' and geoid = '0644000'
    union all
    select
        'chicago_chp_fy2016' as claim_id,
        cast(sum(obligated_amount) as double) as computed_value,
        count(*) as evidence_rows,
        max(officers_funded_minimum) as officers
    from awards_fy2016
    where program_area = 'hiring' and geoid = '1714000'
),

snapshots_then as (
    select count(*) as snapshots
    from {{ ref('int_ordinances__snapshots') }}
    where tracker_code <> 'ice_287g' and snapshot_on <= cast('2017-03-27' as date)
),

cities_listed as (
    select
        'sanctuary_cities_over_100' as claim_id,
        cast(count(distinct case
            when listings.listed_from <= cast('2017-03-27' as date)
                and (listings.listed_to is null or listings.listed_to > cast('2017-03-27' as date))
                then listings.jurisdiction_key
        end) as double) as computed_value,
        count(distinct listings.jurisdiction_key) as evidence_rows
    from {{ ref('fct_tracker_listing') }} as listings
    where listings.verdict = 'sanctuary' and listings.listed_level = 'place'
),

affirmed as (
    select
        'affirmed_after_election' as claim_id,
        cast(count(distinct jurisdictions.geoid) as double) as computed_value,
        count(*) as evidence_rows
    from {{ ref('fct_policy_event') }} as events
    inner join {{ ref('dim_jurisdiction') }} as jurisdictions
        on events.jurisdiction_key = jurisdictions.jurisdiction_key
    where
        jurisdictions.geoid in ('1714000', '0644000', '3651000', '2507000')
        and events.source_status <> 'unsourced'
        and events.effect_track = 'force'
        and events.event_from between cast('2016-11-08' as date) and cast('2017-03-27' as date)
),

lapd as (
    select
        case offense_group
            when 'sexual_assault' then 'latino_sexual_assault_reports_2017'
            when 'domestic_violence' then 'latino_domestic_violence_reports_2017'
        end as claim_id,
        max(case when victim_group = 'Hispanic' and period_to = cast('2017-04-30' as date) then figure end) as ytd_hispanic,
        max(case when victim_group = 'Citywide' and period_to = cast('2017-04-30' as date) then figure end) as ytd_city,
        max(case when victim_group = 'Hispanic' and period_to = cast('2017-12-31' as date) then figure end) as year_hispanic,
        max(case when victim_group = 'Citywide' and period_to = cast('2017-12-31' as date) then figure end) as year_city,
        count(*) as evidence_rows
    from {{ ref('fct_published_statistic') }}
    where publisher = 'LAPD' and unit = 'percent' and offense_group in ('sexual_assault', 'domestic_violence')
    group by offense_group
),

mcfarland as (
    select
        'mcfarland_tip_line' as claim_id,
        cast(sum(awards.obligated_amount) as double) as computed_value,
        count(*) as evidence_rows
    from {{ ref('fct_award') }} as awards
    inner join {{ ref('dim_jurisdiction') }} as jurisdictions
        on awards.jurisdiction_key = jurisdictions.jurisdiction_key
    where jurisdictions.name_normalized = 'MCFARLAND' and jurisdictions.state_code = 'CA'
),

judged as (
    select
        cops_total.claim_id,
        case when whole_fy2016.captures > 0 then cops_total.computed_value end as computed_value,
        case
            when whole_fy2016.captures = 0 then 'no data yet'
            when cops_total.computed_value between 0.95 * claims.claimed_value and 1.05 * claims.claimed_value
                then 'supported'
            else 'contradicted'
        end as verdict,
        case
            when whole_fy2016.captures = 0 then concat(
                'the awards of FY2016 are not captured whole: ', cast(cops_total.evidence_rows as {{ dbt.type_string() }}),
                ' transcribed awards of that year are not a total')
            else 'obligations of the five areas in FY2016, within 5 percent of the claim or not'
        end as why,
        cops_total.evidence_rows
    from cops_total
    cross join whole_fy2016
    inner join {{ ref('article_claims') }} as claims on cops_total.claim_id = claims.claim_id

    union all

    select
        city_hiring.claim_id,
        city_hiring.computed_value,
        case
            when city_hiring.evidence_rows > 0 and city_hiring.computed_value >= claims.claimed_value
                and city_hiring.officers = 25 then 'supported'
            when city_hiring.evidence_rows > 0 then 'contradicted'
            when whole_fy2016.captures > 0 then 'contradicted'
            else 'no data yet'
        end as verdict,
        case
            when city_hiring.evidence_rows > 0 then concat(
                'the FY2016 hiring award in the warehouse pays for at least ',
                cast(city_hiring.officers as {{ dbt.type_string() }}), ' officers at the cap of 125,000 USD each')
            when whole_fy2016.captures > 0 then 'the awards of FY2016 are captured whole and hold none'
            else 'no FY2016 hiring award of the city among the captured awards, and those are not all there are'
        end as why,
        city_hiring.evidence_rows
    from city_hiring
    cross join whole_fy2016
    inner join {{ ref('article_claims') }} as claims on city_hiring.claim_id = claims.claim_id

    union all

    select
        cities_listed.claim_id,
        case when snapshots_then.snapshots > 0 then cities_listed.computed_value end as computed_value,
        case
            when snapshots_then.snapshots = 0 then 'no data yet'
            when cities_listed.computed_value > claims.claimed_value then 'supported'
            else 'contradicted'
        end as verdict,
        case
            when snapshots_then.snapshots = 0 then concat(
                'no tracker of sanctuary jurisdictions is captured as of that day; later lists name ',
                cast(cities_listed.evidence_rows as {{ dbt.type_string() }}), ' cities')
            else 'cities listed on that day by the captured trackers'
        end as why,
        cities_listed.evidence_rows
    from cities_listed
    cross join snapshots_then
    inner join {{ ref('article_claims') }} as claims on cities_listed.claim_id = claims.claim_id

    union all

    select
        affirmed.claim_id,
        affirmed.computed_value,
        case when affirmed.computed_value >= claims.claimed_value then 'supported' else 'no data yet' end as verdict,
        concat(
            'cities of the four with a sourced legal event between the election and the article; the ledger is not ',
            'complete and a statement is no legal event, so that fewer than four contradicts nothing') as why,
        affirmed.evidence_rows
    from affirmed
    inner join {{ ref('article_claims') }} as claims on affirmed.claim_id = claims.claim_id

    union all

    select
        lapd.claim_id,
        lapd.ytd_hispanic as computed_value,
        case
            when lapd.ytd_hispanic is null then 'no data yet'
            when abs(lapd.ytd_hispanic - claims.claimed_value) <= 5 then 'supported'
            else 'contradicted'
        end as verdict,
        concat(
            'published figures only, no incident data: Hispanic ', cast(lapd.ytd_hispanic as {{ dbt.type_string() }}),
            ' percent by 2017-04-30 while the city as a whole was ', cast(lapd.ytd_city as {{ dbt.type_string() }}),
            '; over the full year ', cast(lapd.year_hispanic as {{ dbt.type_string() }}), ' against ',
            cast(lapd.year_city as {{ dbt.type_string() }}), '; fewer reports is not proof of fear, nor of less crime'
        ) as why,
        lapd.evidence_rows
    from lapd
    inner join {{ ref('article_claims') }} as claims on lapd.claim_id = claims.claim_id

    union all

    select
        mcfarland.claim_id,
        mcfarland.computed_value,
        case when mcfarland.evidence_rows > 0 then 'supported' else 'no data yet' end as verdict,
        case
            when mcfarland.evidence_rows > 0 then 'the city holds COPS awards; what they paid for is in their descriptions'
            else 'no captured award resolves to McFarland, California'
        end as why,
        mcfarland.evidence_rows
    from mcfarland

    union all

    select
        claim_id,
        cast(null as double) as computed_value,
        'not testable' as verdict,
        case claim_id
            when 'fy2012_budget_scrap' then 'a proposed budget is no award: no source of this warehouse holds proposals'
            else 'disciplinary reports of a school are in no source of this warehouse'
        end as why,
        cast(0 as bigint) as evidence_rows
    from {{ ref('article_claims') }}
    where claim_id in ('fy2012_budget_scrap', 'hopkins_operation_recess')
)

select
    claims.claim_id,
    claims.claim,
    cast(claims.claimed_value as double) as claimed_value,
    claims.unit,
    cast(claims.as_of as date) as as_of,
    cast(judged.computed_value as double) as computed_value,
    coalesce(judged.verdict, 'no data yet') as verdict,
    coalesce(judged.why, 'no capture holds what this claim needs') as why,
    cast(coalesce(judged.evidence_rows, 0) as bigint) as evidence_rows,
    claims.how_the_warehouse_checks_it
from {{ ref('article_claims') }} as claims
left join judged on claims.claim_id = judged.claim_id
