-- The article's claims about one recipient's award, judged by the awards that are captured.
-- the grants of FY2016 asked for whole, and not typed from a selection
with whole_fy2016 as (
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
        awards.fiscal_year,
        awards.program_area,
        awards.description,
        awards.obligated_amount,
        awards.officers_funded_reported as officers,
        concat(awards.fain, ', ', {{ dollars_in_words('awards.obligated_amount') }}) as award_text,
        jurisdictions.geoid,
        jurisdictions.name_normalized,
        jurisdictions.state_code
    from {{ ref('fct_award') }} as awards
    inner join {{ ref('dim_jurisdiction') }} as jurisdictions
        on awards.jurisdiction_key = jurisdictions.jurisdiction_key
),

-- the two police departments are printed under their cities' names; no printed figure decides
printed as (
    select
        claims.claim_id,
        {{ joined('printed.figure_text') }} as figures_text,
        count(case when printed.period_as_printed = 'FY2016' then 1 end) as fy2016_figures
    from {{ ref('article_claims') }} as claims
    inner join {{ ref('int_awards__printed_hiring') }} as printed
        on printed.entity like concat('%', claims.printed_as, '%')
    where claims.claim_kind = 'city_hiring'
    group by claims.claim_id
),

hiring as (
    select
        claims.claim_id,
        sum(awards.obligated_amount) as obligated_amount,
        count(awards.fain) as evidence_rows,
        case when count(awards.officers) = count(awards.fain) then sum(awards.officers) end as officers,
        {{ joined('awards.award_text') }} as awards_text
    from {{ ref('article_claims') }} as claims
    left join awards
        on
            claims.geoids = awards.geoid
            and awards.program_area = 'hiring'
            and awards.fiscal_year = 2016
    where claims.claim_kind = 'city_hiring'
    group by claims.claim_id
),

-- the claim is of money and officers: only an announcement says how many officers an award pays for
compared as (
    select
        hiring.*,
        whole_fy2016.captures > 0 as is_whole,
        coalesce(printed.fy2016_figures, 0) as fy2016_figures,
        printed.figures_text,
        hiring.obligated_amount > claims.claimed_value and hiring.officers = 25 as is_met,
        whole_fy2016.captures > 0
        and (coalesce(hiring.obligated_amount, 0) <= claims.claimed_value or hiring.officers <> 25) as is_missed
    from hiring
    inner join {{ ref('article_claims') }} as claims
        on hiring.claim_id = claims.claim_id
    cross join whole_fy2016
    left join printed
        on hiring.claim_id = printed.claim_id
),

named as (
    select
        claims.claim_id,
        claims.claim_kind,
        count(awards.fain) as evidence_rows,
        sum(awards.obligated_amount) as obligated_amount,
        count(case when lower(awards.description) like '%tip line%' then 1 end) as tip_lines,
        {{ joined('awards.award_text') }} as awards_text
    from {{ ref('article_claims') }} as claims
    left join awards
        on claims.recipient_name = awards.name_normalized and claims.recipient_state = awards.state_code
    where claims.claim_kind in ('tip_line', 'school_reports')
    group by claims.claim_id, claims.claim_kind
),

judged as (
    select
        claim_id,
        'city_hiring' as claim_kind,
        case when is_met or is_missed then cast(coalesce(obligated_amount, 0) as double) end as computed_value,
        case
            when is_met then 'supported'
            when is_missed then 'contradicted'
            when fy2016_figures > 0 then 'published figures only'
            else 'no data yet'
        end as verdict,
        case
            when evidence_rows > 0 and officers is not null then 'awards and officers'
            when evidence_rows > 0 then 'awards'
            when is_whole then 'whole, no award'
            when fy2016_figures > 0 then 'figures printed'
            else 'nothing'
        end as why_code,
        'any' as evidence_code,
        evidence_rows,
        officers,
        coalesce(awards_text, 'none') as awards_text,
        coalesce(figures_text, 'nothing') as figures_text
    from compared

    union all

    select
        claim_id,
        claim_kind,
        case when claim_kind = 'tip_line' and tip_lines > 0 then cast(obligated_amount as double) end as computed_value,
        case
            when claim_kind = 'school_reports' then 'not testable'
            when tip_lines > 0 then 'supported'
            when evidence_rows > 0 then 'not testable'
            else 'no data yet'
        end as verdict,
        case
            when claim_kind = 'school_reports' then 'any'
            when tip_lines > 0 then 'tip line'
            when evidence_rows > 0 then 'awards'
            else 'nothing'
        end as why_code,
        'any' as evidence_code,
        evidence_rows,
        null as officers,
        coalesce(awards_text, 'none captured') as awards_text,
        'nothing' as figures_text
    from named
)

select
    judged.claim_id,
    judged.computed_value,
    judged.verdict,
    {{ sentence("whys.sentence", {'officers': in_words('judged.officers')}) }} as why,
    {{ sentence("evidences.sentence", {'awards': 'judged.awards_text', 'printed': 'judged.figures_text'}) }} as evidence,
    cast(null as {{ dbt.type_string() }}) as series_note,
    judged.evidence_rows
from judged
{{ claim_sentences_of('judged') }}
