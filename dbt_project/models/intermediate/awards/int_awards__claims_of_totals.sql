-- The article's claims about a year's money for the whole country, judged by the awards that are captured.
-- the grants of FY2016 asked for whole, and not typed from a selection
with whole_fy2016 as (
    select
        count(*) as captures
    from {{ source('raw', 'capture') }}
    where
        dataset = 'usaspending__awards' and is_serving and kind <> 'transcribed' and selection_field is null
        and slice = 'grants:FY2016'
),

-- announced figures stand beside the awards: they are other amounts, by other people, and never decide
printed as (
    select
        {{ joined("case when period_as_printed = 'FY2016' and entity = 'national' then figure_text end") }} as fy2016,
        count(case when period_as_printed = 'FY2016' and entity = 'national' then 1 end) as fy2016_figures,
        {{ joined("case when period_as_printed in ('FY2010', 'FY2011', 'FY2012', 'FY2013') then figure_text end") }}
            as fy2010_to_2013
    from {{ ref('int_awards__printed_hiring') }}
),

totals as (
    select
        sum(case when fiscal_year = 2016 then obligated_amount end) as fy2016_amount,
        count(case when fiscal_year = 2016 then 1 end) as fy2016_awards,
        sum(case when fiscal_year between 2010 and 2013 then obligated_amount end) as fy2010_to_2013_amount,
        count(case when fiscal_year between 2010 and 2013 then 1 end) as fy2010_to_2013_awards
    from {{ ref('fct_award') }}
    where
        -- an award without a resolved recipient counts in the country's total
        program_area in ('hiring', 'community_policing', 'tribal_assistance', 'anti_heroin', 'anti_methamphetamine')
),

judged as (
    select
        claims.claim_id,
        claims.claim_kind,
        case when whole_fy2016.captures > 0 then cast(coalesce(totals.fy2016_amount, 0) as double) end as computed_value,
        case
            when whole_fy2016.captures = 0 and printed.fy2016_figures > 0 then 'published figures only'
            when whole_fy2016.captures = 0 then 'no data yet'
            when coalesce(totals.fy2016_amount, 0) between 0.95 * claims.claimed_value and 1.05 * claims.claimed_value
                then 'supported'
            else 'contradicted'
        end as verdict,
        case
            when whole_fy2016.captures > 0 then 'whole'
            when printed.fy2016_figures > 0 then 'not whole, figures printed'
            else 'not whole'
        end as why_code,
        'any' as evidence_code,
        totals.fy2016_awards as evidence_rows,
        totals.fy2016_amount as amount,
        printed.fy2016 as printed
    from {{ ref('article_claims') }} as claims
    cross join whole_fy2016
    cross join totals
    cross join printed
    where claims.claim_kind = 'cops_total'

    union all

    select
        claims.claim_id,
        claims.claim_kind,
        cast(null as double) as computed_value,
        'not testable' as verdict,
        'any' as why_code,
        'any' as evidence_code,
        totals.fy2010_to_2013_awards as evidence_rows,
        totals.fy2010_to_2013_amount as amount,
        printed.fy2010_to_2013 as printed
    from {{ ref('article_claims') }} as claims
    cross join totals
    cross join printed
    where claims.claim_kind = 'budget'
)

select
    judged.claim_id,
    judged.computed_value,
    judged.verdict,
    whys.sentence as why,
    {{ sentence("evidences.sentence", {'awards': in_words('judged.evidence_rows'), 'amount': dollars_in_words('judged.amount'), 'printed': in_words('judged.printed', 'nothing')}) }} as evidence,
    cast(null as {{ dbt.type_string() }}) as series_note,
    judged.evidence_rows
from judged
{{ claim_sentences_of('judged') }}
