-- What the article of 2017-03-27 claims, what the warehouse computes, and whether it may judge. Every verdict follows
-- from the facts: it changes when a capture brings what is missing.
with claims as (
    select *
    from {{ ref('article_claims') }}
),

-- what each dataset gave, in words, for data_note
datasets as (
    select
        dataset,
        case
            when state = 'nothing captured' then concat(dataset, ': nothing captured')
            else concat(
                dataset, ': ', coalesce(kind, 'unknown'), ', as of ',
                coalesce(cast(cast(last_retrieved_at as date) as {{ dbt.type_string() }}), 'unknown'),
                case when note is null then '' else concat(': ', note) end
            )
        end as said
    from {{ ref('source_status') }}
),

data_notes as (
    select
        max(case when dataset = 'usaspending__awards' then said end) as awards,
        {{ joined("case when dataset in ('doj__sanctuary_list', 'dhs__sanctuary_list') then said end") }} as lists,
        max(case when dataset = 'ledger__policy_events' then said end) as events,
        max(case when dataset = 'published__statistics' then said end) as printed
    from datasets
),

-- the grants of FY2016 asked for whole, and not typed from a selection
whole_fy2016 as (
    select
        count(*) as captures
    from {{ source('raw', 'capture') }}
    where
        dataset = 'usaspending__awards' and is_serving and kind <> 'transcribed' and selection_field is null
        and slice = 'grants:FY2016'
),

awards as (
    select
        awards.fain,
        awards.award_fiscal_year,
        awards.program_area,
        awards.description,
        awards.obligated_amount,
        awards.officers_funded_reported as officers,
        concat(
            awards.fain, ', ', cast(cast(awards.obligated_amount as bigint) as {{ dbt.type_string() }}), ' USD'
        ) as said,
        jurisdictions.geoid,
        jurisdictions.name_normalized,
        jurisdictions.state_code
    from {{ ref('fct_award') }} as awards
    inner join {{ ref('dim_jurisdiction') }} as jurisdictions
        on awards.jurisdiction_key = jurisdictions.jurisdiction_key
),

-- announced figures stand beside the awards: they are other amounts, by other people, and never decide. Where nothing
-- else is captured of a claim's own year, the verdict says that they are all there is.
printed_awards as (
    select
        {{ joined("case when period_as_printed = 'FY2016' and entity = 'national' then said end") }} as fy2016,
        count(case when period_as_printed = 'FY2016' and entity = 'national' then 1 end) as fy2016_figures,
        {{ joined("case when entity like '%Los Angeles%' then said end") }} as los_angeles,
        count(case when period_as_printed = 'FY2016' and entity like '%Los Angeles%' then 1 end) as los_angeles_figures,
        {{ joined("case when entity like '%Chicago%' then said end") }} as chicago,
        count(case when period_as_printed = 'FY2016' and entity like '%Chicago%' then 1 end) as chicago_figures,
        {{ joined("case when period_as_printed in ('FY2010', 'FY2011', 'FY2012', 'FY2013') then said end") }}
            as fy2010_to_2013
    from (
        select
            entity,
            period_as_printed,
            concat(
                coalesce(entity, ''), ' ', coalesce(period_as_printed, ''), ' ', coalesce(programme, ''), ' ',
                coalesce(measure, ''), ': ', coalesce(as_printed, cast(figure as {{ dbt.type_string() }}))
            ) as said
        from {{ ref('fct_published_statistic') }}
        where subject = 'awards' and programme in ('CHP', 'COPS')
    ) as figures
),

cops_total as (
    select
        sum(case when award_fiscal_year = 2016 then obligated_amount end) as fy2016_amount,
        count(case when award_fiscal_year = 2016 then 1 end) as fy2016_awards,
        sum(case when award_fiscal_year between 2010 and 2013 then obligated_amount end) as fy2010_to_2013_amount,
        count(case when award_fiscal_year between 2010 and 2013 then 1 end) as fy2010_to_2013_awards
    from awards
    where program_area in ('hiring', 'community_policing', 'tribal_assistance', 'anti_heroin', 'anti_methamphetamine')
),

-- the two police departments by their cities' GEOIDs
hiring_claims as (
    select 'lapd_chp_fy2016' as claim_id, '0644000' as geoid
    union all
    select 'chicago_chp_fy2016' as claim_id, '1714000' as geoid
),

city_printed as (
    select 'lapd_chp_fy2016' as claim_id, los_angeles as said, los_angeles_figures as figures from printed_awards
    union all
    select 'chicago_chp_fy2016' as claim_id, chicago as said, chicago_figures as figures from printed_awards
),

city_hiring as (
    select
        hiring_claims.claim_id,
        sum(awards.obligated_amount) as obligated_amount,
        count(awards.fain) as evidence_rows,
        case when count(awards.officers) = count(awards.fain) then sum(awards.officers) end as officers,
        {{ joined('awards.said') }} as said
    from hiring_claims
    left join awards
        on
            hiring_claims.geoid = awards.geoid
            and awards.program_area = 'hiring'
            and awards.award_fiscal_year = 2016
    group by hiring_claims.claim_id
),

cities as (
    select
        listings.*,
        max(last_seen_on) over (partition by tracker_code) as last_list_on
    from {{ ref('fct_listed_unit') }} as listings
    where verdict = 'sanctuary' and listed_level = 'place'
),

-- the same as `clawback query listed --set tracker=all --as-of 2017-03-27`, counted
listed as (
    select
        tracker_code,
        min(listed_from) as first_snapshot,
        count(distinct case
            when {{ listed_on('cities', "cast('2017-03-27' as date)") }} then jurisdiction_key
        end) as cities_then,
        count(distinct case when last_seen_on = last_list_on then jurisdiction_key end) as cities_last,
        max(last_seen_on) as last_seen_on
    from cities
    group by tracker_code
),

-- each tracker beside the other: the longest list answers, lists are never merged
cities_listed as (
    select
        count(case when first_snapshot <= cast('2017-03-27' as date) then 1 end) as trackers_then,
        max(cities_then) as cities_then,
        coalesce(sum(cities_last), 0) as evidence_rows,
        {{ joined("concat(tracker_code, ' named ', cast(cities_last as " ~ dbt.type_string() ~ "), ' cities as of '"
            ~ ", cast(last_seen_on as " ~ dbt.type_string() ~ "))") }} as said
    from listed
),

-- the same as `clawback query four_cities`
four_cities as (
    select
        events.jurisdiction_name,
        jurisdictions.geoid,
        events.event_from,
        events.event_from >= cast('2016-11-08' as date)
        and coalesce(events.event_to, events.event_from) <= cast('2017-03-27' as date)
        and events.source_status <> 'unsourced'
        and effects.track = 'force'
        and effects.sets = 1
        and events.event <> 'weakened' as affirms,
        concat(
            events.jurisdiction_name, ' ', coalesce(events.instrument_number, events.instrument), ' ', events.event, ' ',
            coalesce(cast(events.event_from as {{ dbt.type_string() }}), 'on a day not known')
        ) as said
    from {{ ref('fct_policy_event') }} as events
    inner join {{ ref('dim_jurisdiction') }} as jurisdictions
        on events.jurisdiction_key = jurisdictions.jurisdiction_key
    left join {{ ref('policy_event_effects') }} as effects
        on events.event = effects.event
    where jurisdictions.geoid in ('1714000', '0644000', '3651000', '2507000')
),

affirmed as (
    select
        count(distinct case when affirms then geoid end) as cities,
        count(*) as evidence_rows,
        {{ joined("case when affirms then said end") }} as said
    from four_cities
),

-- LAPD's counts of reports by Hispanic victims from New Year to before 21 March, as printed; and its percentages of
-- longer periods, with the city as a whole
lapd_figures as (
    select
        case offense_group
            when 'sexual_assault' then 'latino_sexual_assault_reports_2017'
            when 'domestic_violence' then 'latino_domestic_violence_reports_2017'
        end as claim_id,
        victim_group,
        measure,
        unit,
        figure,
        period_to,
        extract(year from period_from) as year_printed
    from {{ ref('fct_published_statistic') }}
    where
        publisher = 'LAPD' and subject = 'crime_reporting'
        and offense_group in ('sexual_assault', 'domestic_violence')
),

lapd_periods as (
    select
        claim_id,
        count(*) as evidence_rows,
        max(case when measure = 'reports' and unit = 'count' and year_printed = 2016 then figure end) as reports_2016,
        max(case when measure = 'reports' and unit = 'count' and year_printed = 2017 then figure end) as reports_2017,
        max(case when unit = 'difference' and year_printed = 2017 then figure end) as difference_2017,
        max(case when unit = 'percent' and victim_group = 'Hispanic' and period_to = cast('2017-04-30' as date)
            then figure end) as april_hispanic,
        max(case when unit = 'percent' and victim_group = 'Citywide' and period_to = cast('2017-04-30' as date)
            then figure end) as april_city,
        max(case when unit = 'percent' and victim_group = 'Hispanic' and period_to = cast('2017-12-31' as date)
            then figure end) as year_hispanic,
        max(case when unit = 'percent' and victim_group = 'Citywide' and period_to = cast('2017-12-31' as date)
            then figure end) as year_city
    from lapd_figures
    group by claim_id
),

lapd as (
    select
        lapd_periods.*,
        round(100.0 * coalesce(reports_2017 - reports_2016, difference_2017) / nullif(reports_2016, 0), 1) as change_percent
    from lapd_periods
),

-- the incidents of January to March 2017 beside those of 2016, by month of report: whole months, where the claim's own
-- period ends on 21 March
lapd_incidents as (
    select
        case offense_family
            when 'sexual_assault' then 'latino_sexual_assault_reports_2017'
            when 'domestic_violence' then 'latino_domestic_violence_reports_2017'
        end as claim_id,
        series,
        counted_from,
        comparability,
        break_reason,
        hispanic_reports_before,
        hispanic_reports,
        citywide_reports_before,
        citywide_reports,
        round(hispanic_change_percent, 1) as hispanic_change,
        round(citywide_change_percent, 1) as citywide_change,
        row_number() over (
            partition by offense_family
            order by case when hispanic_change_percent is not null then 0 else 1 end, series
        ) as place
    from {{ ref('mart_reporting_gap') }}
    where
        city_code = 'los_angeles'
        and report_month = cast('2017-03-01' as date)
        and window_kind = 'year to date'
        and comparability <> 'published figures only'
        and offense_family in ('sexual_assault', 'domestic_violence')
),

recipients as (
    select
        count(case when name_normalized = 'MCFARLAND' and state_code = 'CA' then 1 end) as mcfarland,
        sum(case when name_normalized = 'MCFARLAND' and state_code = 'CA' then obligated_amount end) as mcfarland_amount,
        count(case
            when name_normalized = 'MCFARLAND' and state_code = 'CA' and lower(description) like '%tip line%' then 1
        end) as mcfarland_tip_line,
        {{ joined("case when name_normalized = 'MCFARLAND' and state_code = 'CA' then said end") }} as mcfarland_said,
        count(case when name_normalized = 'HOPKINS' and state_code = 'MN' then 1 end) as hopkins,
        {{ joined("case when name_normalized = 'HOPKINS' and state_code = 'MN' then said end") }} as hopkins_said
    from awards
),

judged as (
    select
        claims.claim_id,
        case when whole_fy2016.captures > 0 then cast(coalesce(cops_total.fy2016_amount, 0) as double) end as computed_value,
        case
            when whole_fy2016.captures = 0 and printed_awards.fy2016_figures > 0 then 'published figures only'
            when whole_fy2016.captures = 0 then 'no data yet'
            when coalesce(cops_total.fy2016_amount, 0) between 0.95 * claims.claimed_value and 1.05 * claims.claimed_value
                then 'supported'
            else 'contradicted'
        end as verdict,
        case
            when whole_fy2016.captures = 0 then concat(
                'the grants of FY2016 are not captured whole, and what is captured is no total',
                case
                    when printed_awards.fy2016_figures > 0
                        then '; what was printed of the year speaks of the hiring programme, one of the five areas'
                    else ''
                end
            )
            else 'what is obligated now to awards of FY2016 in the five areas, within 5 percent of the claim or not'
        end as why,
        concat(
            cast(cops_total.fy2016_awards as {{ dbt.type_string() }}), ' captured awards of FY2016 in the five areas; printed: ',
            coalesce(printed_awards.fy2016, 'nothing')
        ) as evidence,
        data_notes.awards as data_note,
        cops_total.fy2016_awards as evidence_rows
    from claims
    cross join whole_fy2016
    cross join cops_total
    cross join printed_awards
    cross join data_notes
    where claims.claim_id = 'cops_total_fy2016'

    union all

    select
        claims.claim_id,
        case
            when city_hiring.obligated_amount > claims.claimed_value and city_hiring.officers = 25
                or whole_fy2016.captures > 0
                and (coalesce(city_hiring.obligated_amount, 0) <= claims.claimed_value or city_hiring.officers <> 25)
                then cast(coalesce(city_hiring.obligated_amount, 0) as double)
        end as computed_value,
        -- the claim is of money and officers: only an announcement says how many officers an award pays for
        case
            when city_hiring.obligated_amount > claims.claimed_value and city_hiring.officers = 25 then 'supported'
            when whole_fy2016.captures > 0
                and (coalesce(city_hiring.obligated_amount, 0) <= claims.claimed_value or city_hiring.officers <> 25)
                then 'contradicted'
            when city_printed.figures > 0 then 'published figures only'
            else 'no data yet'
        end as verdict,
        case
            when city_hiring.evidence_rows > 0 then concat(
                'the captured hiring awards of FY2016 pay for ',
                coalesce(
                    concat(cast(city_hiring.officers as {{ dbt.type_string() }}), ' officers by announcement'),
                    'a number of officers that no captured announcement tells'
                ),
                '; the claim is more than 3 million USD for 25')
            when whole_fy2016.captures > 0 then 'the grants of FY2016 are captured whole and hold no hiring award of the city'
            when city_printed.figures > 0 then concat(
                'published figures only: no FY2016 hiring award of the city is captured, ',
                'and the grants of FY2016 are not captured whole')
            else 'no FY2016 hiring award of the city is captured, and the grants of FY2016 are not captured whole'
        end as why,
        concat(
            'awards: ', coalesce(city_hiring.said, 'none'), '; printed of any year: ',
            coalesce(city_printed.said, 'nothing')
        ) as evidence,
        data_notes.awards as data_note,
        city_hiring.evidence_rows
    from claims
    inner join city_hiring on claims.claim_id = city_hiring.claim_id
    inner join city_printed on claims.claim_id = city_printed.claim_id
    cross join whole_fy2016
    cross join data_notes

    union all

    select
        claims.claim_id,
        case when cities_listed.trackers_then > 0 then cast(cities_listed.cities_then as double) end as computed_value,
        case
            when cities_listed.trackers_then = 0 then 'no data yet'
            when cities_listed.cities_then > claims.claimed_value then 'supported'
            else 'contradicted'
        end as verdict,
        case
            when cities_listed.trackers_then = 0
                then 'no list of sanctuary jurisdictions is captured as of that day; what later lists name is no answer'
            else 'cities on the longest list of that day; what a list leaves out is not denied'
        end as why,
        coalesce(cities_listed.said, 'no list is captured') as evidence,
        data_notes.lists as data_note,
        cities_listed.evidence_rows
    from claims
    cross join cities_listed
    cross join data_notes
    where claims.claim_id = 'sanctuary_cities_over_100'

    union all

    select
        claims.claim_id,
        case when affirmed.evidence_rows > 0 then cast(affirmed.cities as double) end as computed_value,
        case when affirmed.cities >= claims.claimed_value then 'supported' else 'no data yet' end as verdict,
        concat(
            'cities of the four with a sourced legal act between the election and the article; the ledger is not whole ',
            'and a statement is no legal act, so that fewer than four contradicts nothing') as why,
        concat(
            coalesce(affirmed.said, 'no such act in the ledger'), '; ',
            cast(affirmed.evidence_rows as {{ dbt.type_string() }}), ' acts of the four cities at any time'
        ) as evidence,
        data_notes.events as data_note,
        affirmed.evidence_rows
    from claims
    cross join affirmed
    cross join data_notes
    where claims.claim_id = 'affirmed_after_election'

    union all

    select
        claims.claim_id,
        -- from incidents alone: what the department printed is the claim's own source and cannot check it
        incidents.hispanic_change as computed_value,
        case
            when abs(incidents.hispanic_change - claims.claimed_value) <= 5 then 'supported'
            when incidents.hispanic_change is not null then 'contradicted'
            when lapd.evidence_rows > 0 then 'published figures only'
            else 'no data yet'
        end as verdict,
        concat(
            case
                when incidents.hispanic_change is not null then concat(
                    'incidents by month of report, January to March 2017 on the same months of 2016: within 5 points of ',
                    'the claim, whose period ends on 21 March, or not. The whole city: ',
                    coalesce(cast(incidents.citywide_change as {{ dbt.type_string() }}), 'unknown'), ' percent')
                when incidents.claim_id is not null then concat(
                    case when lapd.evidence_rows > 0 then 'published figures only: ' else '' end,
                    'the incidents of January to March 2017 are captured and cannot be compared (', incidents.comparability,
                    case when incidents.break_reason is null then '' else concat(': ', incidents.break_reason) end, ')')
                when lapd.evidence_rows > 0 then concat(
                    'published figures only: the incidents of January to March 2017 are not captured, and what the ',
                    'department printed is what the article claims')
                else 'neither incidents nor printed figures are captured'
            end,
            '. Fewer reports is neither less crime nor proof of fear'
        ) as why,
        concat(
            case
                when incidents.claim_id is null then 'incidents: none captured'
                else concat(
                    'incidents (', incidents.series, '), Hispanic victims: ',
                    coalesce(cast(incidents.hispanic_reports_before as {{ dbt.type_string() }}), 'not captured'), ' in 2016, ',
                    coalesce(cast(incidents.hispanic_reports as {{ dbt.type_string() }}), 'not captured'),
                    ' in 2017; the whole city: ',
                    coalesce(cast(incidents.citywide_reports_before as {{ dbt.type_string() }}), 'not captured'), ' and ',
                    coalesce(cast(incidents.citywide_reports as {{ dbt.type_string() }}), 'not captured'))
            end,
            '; printed, Hispanic victims: ',
            coalesce(cast(cast(lapd.reports_2016 as bigint) as {{ dbt.type_string() }}), 'unknown'), ' in the first months of 2016, ',
            coalesce(
                cast(cast(coalesce(lapd.reports_2017, lapd.reports_2016 + lapd.difference_2017) as bigint)
                    as {{ dbt.type_string() }}),
                'unknown'
            ), ' in those of 2017 (', coalesce(cast(lapd.change_percent as {{ dbt.type_string() }}), 'unknown'),
            ' percent); to 30 April ',
            coalesce(cast(lapd.april_hispanic as {{ dbt.type_string() }}), 'unknown'), ' percent, the whole city ',
            coalesce(cast(lapd.april_city as {{ dbt.type_string() }}), 'unknown'), '; over the year ',
            coalesce(cast(lapd.year_hispanic as {{ dbt.type_string() }}), 'unknown'), ' and ',
            coalesce(cast(lapd.year_city as {{ dbt.type_string() }}), 'unknown')
        ) as evidence,
        case
            when incidents.claim_id is null then data_notes.printed
            else concat(incidents.series, ', counted from ', coalesce(incidents.counted_from, 'unknown'), '; ', data_notes.printed)
        end as data_note,
        coalesce(lapd.evidence_rows, 0) + case when incidents.claim_id is null then 0 else 1 end as evidence_rows
    from claims
    left join lapd on claims.claim_id = lapd.claim_id
    left join lapd_incidents as incidents on claims.claim_id = incidents.claim_id and incidents.place = 1
    cross join data_notes
    where claims.claim_id in ('latino_sexual_assault_reports_2017', 'latino_domestic_violence_reports_2017')

    union all

    select
        claims.claim_id,
        cast(null as double) as computed_value,
        'not testable' as verdict,
        'a proposed budget is no award: no source of this warehouse holds proposals' as why,
        concat(
            cast(cops_total.fy2010_to_2013_awards as {{ dbt.type_string() }}), ' captured awards of FY2010 to FY2013, ',
            cast(cast(coalesce(cops_total.fy2010_to_2013_amount, 0) as bigint) as {{ dbt.type_string() }}),
            ' USD; printed: ', coalesce(printed_awards.fy2010_to_2013, 'nothing')
        ) as evidence,
        data_notes.awards as data_note,
        cops_total.fy2010_to_2013_awards as evidence_rows
    from claims
    cross join cops_total
    cross join printed_awards
    cross join data_notes
    where claims.claim_id = 'fy2012_budget_scrap'

    union all

    select
        claims.claim_id,
        cast(null as double) as computed_value,
        'not testable' as verdict,
        'disciplinary reports of a school are in no source of this warehouse' as why,
        concat('awards to Hopkins, Minnesota: ', coalesce(recipients.hopkins_said, 'none captured')) as evidence,
        data_notes.awards as data_note,
        recipients.hopkins as evidence_rows
    from claims
    cross join recipients
    cross join data_notes
    where claims.claim_id = 'hopkins_operation_recess'

    union all

    select
        claims.claim_id,
        case when recipients.mcfarland_tip_line > 0 then cast(recipients.mcfarland_amount as double) end as computed_value,
        case
            when recipients.mcfarland_tip_line > 0 then 'supported'
            when recipients.mcfarland > 0 then 'not testable'
            else 'no data yet'
        end as verdict,
        case
            when recipients.mcfarland_tip_line > 0 then 'an award to the city says in its description that it pays a tip line'
            when recipients.mcfarland > 0 then 'the city holds awards, and their descriptions do not say what they paid for'
            else 'no captured award resolves to McFarland, California'
        end as why,
        concat('awards to McFarland, California: ', coalesce(recipients.mcfarland_said, 'none captured')) as evidence,
        data_notes.awards as data_note,
        recipients.mcfarland as evidence_rows
    from claims
    cross join recipients
    cross join data_notes
    where claims.claim_id = 'mcfarland_tip_line'
)

select
    claims.claim_id,
    claims.claim,
    cast(claims.claimed_value as double) as claimed_value,
    claims.unit,
    cast(claims.as_of as date) as as_of,
    cast(judged.computed_value as double) as computed_value,
    judged.verdict,
    judged.why,
    judged.evidence,
    judged.data_note,
    cast(judged.evidence_rows as bigint) as evidence_rows,
    claims.how_the_warehouse_checks_it
from claims
left join judged on claims.claim_id = judged.claim_id
