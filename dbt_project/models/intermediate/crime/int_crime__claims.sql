-- The article's claims that Hispanic victims report less to the LAPD, judged by its incidents alone: what the department
-- printed is the claim's own source and cannot check it.
-- LAPD's counts of reports by Hispanic victims from New Year to before 21 March, as printed; and its percentages of
-- longer periods, with the city as a whole
with subjects as (
    select
        claims.claim_id,
        claims.offense_family,
        departments.publisher,
        departments.city_code
    from {{ ref('article_claims') }} as claims
    inner join {{ ref('printed_publishers') }} as departments
        on claims.geoids = departments.geoid
    where claims.claim_kind = 'reporting'
),

printed_figures as (
    select
        offense_group as offense_family,
        victim_group,
        measure,
        unit,
        figure,
        period_to,
        extract(year from period_from) as year_printed
    from {{ ref('fct_published_statistic') }}
    where
        publisher in (select publisher from subjects) and subject = 'crime_reporting'
        and offense_group in (select offense_family from subjects)
),

printed as (
    select
        offense_family,
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
    from printed_figures
    group by offense_family
),

-- the incidents of January to March 2017 beside those of 2016, by month of report: whole months, where the claim's own
-- period ends on 21 March
incidents as (
    select
        offense_family,
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
        city_code in (select city_code from subjects)
        and month_start = cast('2017-03-01' as date)
        and window_kind = 'year to date'
        and comparability <> 'published figures only'
        and offense_family in (select offense_family from subjects)
),

compared as (
    select
        claims.claim_id,
        claims.claim_kind,
        claims.claimed_value,
        incidents.*,
        incidents.offense_family is not null as has_incidents,
        coalesce(printed.evidence_rows, 0) as printed_rows,
        cast(printed.reports_2016 as bigint) as printed_2016,
        cast(coalesce(printed.reports_2017, printed.reports_2016 + printed.difference_2017) as bigint) as printed_2017,
        round(
            100.0 * coalesce(printed.reports_2017 - printed.reports_2016, printed.difference_2017)
            / nullif(printed.reports_2016, 0), 1
        ) as printed_change,
        printed.april_hispanic,
        printed.april_city,
        printed.year_hispanic,
        printed.year_city
    from {{ ref('article_claims') }} as claims
    left join printed
        on claims.offense_family = printed.offense_family
    left join incidents
        on claims.offense_family = incidents.offense_family and incidents.place = 1
    where claims.claim_kind = 'reporting'
),

judged as (
    select
        compared.*,
        hispanic_change as computed_value,
        case
            when abs(hispanic_change - claimed_value) <= 5 then 'supported'
            when hispanic_change is not null then 'contradicted'
            when printed_rows > 0 then 'published figures only'
            else 'no data yet'
        end as verdict,
        case
            when hispanic_change is not null then 'compared'
            when has_incidents and printed_rows > 0 then 'not comparable, figures printed'
            when has_incidents then 'not comparable'
            when printed_rows > 0 then 'figures printed'
            else 'nothing'
        end as why_code,
        case when has_incidents then 'incidents' else 'no incidents' end as evidence_code,
        case when break_reason is null then comparability else concat(comparability, ': ', break_reason) end as reason,
        -- what was printed is counted with the printed evidence (int_awards__claims_printed)
        case when has_incidents then 1 else 0 end as evidence_rows
    from compared
)

select
    judged.claim_id,
    judged.computed_value,
    judged.verdict,
    {{ sentence("whys.sentence", {'citywide_change': in_words('judged.citywide_change'), 'reason': in_words('judged.reason', '')}) }} as why,
    {{ sentence("evidences.sentence", {'series': in_words('judged.series'), 'hispanic_2016': in_words('judged.hispanic_reports_before', 'not captured'), 'hispanic_2017': in_words('judged.hispanic_reports', 'not captured'), 'city_2016': in_words('judged.citywide_reports_before', 'not captured'), 'city_2017': in_words('judged.citywide_reports', 'not captured'), 'printed_2016': in_words('judged.printed_2016'), 'printed_2017': in_words('judged.printed_2017'), 'printed_change': in_words('judged.printed_change'), 'april_hispanic': in_words('judged.april_hispanic'), 'april_city': in_words('judged.april_city'), 'year_hispanic': in_words('judged.year_hispanic'), 'year_city': in_words('judged.year_city')}) }} as evidence,
    case when judged.has_incidents then concat(judged.series, ', counted from ', coalesce(judged.counted_from, 'unknown')) end as series_note,
    judged.evidence_rows
from judged
{{ claim_sentences_of('judged') }}
