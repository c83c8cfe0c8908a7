-- What was printed that bears on a claim, by the rules of seeds/claim_rules; the article is never evidence for itself.
with places as (
    select jurisdiction_key, geoid, name_normalized, state_code
    from {{ ref('dim_jurisdiction') }}
),

candidates as (
    select
        'award statement' as evidence_from,
        statements.statement_kind as evidence_kind,
        statements.program_area as program,
        concat('FY', cast(statements.fiscal_year as {{ dbt.type_string() }})) as period,
        statements.agency_name as entity,
        'usd' as unit,
        cast(statements.stated_amount as double) as figure,
        statements.officers_stated as officers,
        statements.announced_by as publisher,
        statements.document_date as printed_on,
        statements.as_printed,
        statements.source_citation,
        'core.fct_award_statement' as evidence_table,
        statements.statement_key as evidence_id,
        places.geoid,
        places.name_normalized,
        places.state_code,
        cast(null as {{ dbt.type_string() }}) as offense_family,
        cast(null as {{ dbt.type_string() }}) as said_of
    from {{ ref('fct_award_statement') }} as statements
    inner join places
        on statements.jurisdiction_key = places.jurisdiction_key
    where not statements.is_the_article
    union all
    select
        'published statistic' as evidence_from,
        published_table as evidence_kind,
        program,
        period_as_printed as period,
        entity,
        unit,
        figure,
        cast(null as bigint) as officers,
        publisher,
        document_date as printed_on,
        as_printed,
        source_citation,
        'core.fct_published_statistic' as evidence_table,
        published_statistic_key as evidence_id,
        cast(null as {{ dbt.type_string() }}) as geoid,
        cast(null as {{ dbt.type_string() }}) as name_normalized,
        cast(null as {{ dbt.type_string() }}) as state_code,
        offense_group as offense_family,
        -- a figure of a group is none of another group's, nor of another period
        case
            when victim_group = 'Citywide' then concat('whole city, ', period_as_printed)
            when victim_group is not null then concat(victim_group, ' victims, ', period_as_printed)
        end as said_of
    from {{ ref('fct_published_statistic') }}
    union all
    select
        'budget account' as evidence_from,
        measure as evidence_kind,
        account_code as program,
        concat('FY', cast(fiscal_year as {{ dbt.type_string() }})) as period,
        account_name as entity,
        'usd' as unit,
        cast(budget_amount as double) as figure,
        cast(null as bigint) as officers,
        'Office of Management and Budget' as publisher,
        concat('budget of FY', cast(budget_year as {{ dbt.type_string() }})) as printed_on,
        concat(
            {{ in_words('cast(budget_amount as bigint)', 'no figure') }}, ' USD, ', budget_status,
            ', net of what was rescinded and moved'
        ) as as_printed,
        'OMB Public Budget Database' as source_citation,
        'core.fct_budget_account_year' as evidence_table,
        budget_account_year_key as evidence_id,
        cast(null as {{ dbt.type_string() }}) as geoid,
        cast(null as {{ dbt.type_string() }}) as name_normalized,
        cast(null as {{ dbt.type_string() }}) as state_code,
        cast(null as {{ dbt.type_string() }}) as offense_family,
        cast(null as {{ dbt.type_string() }}) as said_of
    from {{ ref('fct_budget_account_year') }}
    where is_newest
),

borne as (
    select
        claims.claim_id,
        claims.claim_kind,
        claims.claimed_value,
        rules.rule_id,
        rules.bears,
        rules.least_share,
        rules.most_share,
        rules.officers as officers_claimed,
        rules.says,
        candidates.*
    from {{ ref('article_claims') }} as claims
    inner join {{ ref('claim_rules') }} as rules
        on claims.claim_kind = rules.claim_kind
    inner join candidates
        on
            rules.evidence_from = candidates.evidence_from
            and rules.evidence_kind = candidates.evidence_kind
            and (rules.program = '*' or rules.program = candidates.program)
            and (rules.period = '*' or rules.period = candidates.period)
            and (rules.entity = '*' or rules.entity = candidates.entity)
            and (rules.unit = '*' or rules.unit = candidates.unit)
            and (
                not rules.same_place
                or claims.geoids = candidates.geoid
                or (claims.recipient_name = candidates.name_normalized and claims.recipient_state = candidates.state_code)
            )
            and (claims.offense_family is null or claims.offense_family = candidates.offense_family)
)

select
    {{ surrogate_key(['claim_id', 'rule_id', 'evidence_id']) }} as claim_evidence_key,
    claim_id,
    claim_kind,
    rule_id,
    claimed_value,
    case
        when bears <> 'decides' then bears
        when figure is null then 'beside'
        -- the claim is of money and officers: a statement of the money alone decides neither way
        when officers_claimed is not null and officers is null then 'beside'
        when
            figure >= claimed_value * coalesce(least_share, 0)
            and (most_share is null or figure <= claimed_value * most_share)
            and (officers_claimed is null or officers = officers_claimed)
            then 'supports'
        else 'contradicts'
    end as evidence_role,
    most_share,
    says,
    program,
    period,
    publisher,
    printed_on,
    figure,
    unit,
    officers,
    concat(
        publisher, case when printed_on is null then '' else concat(' (', printed_on, ')') end, ': ',
        case when said_of is null then '' else concat(said_of, ': ') end,
        coalesce(as_printed, cast(figure as {{ dbt.type_string() }}), 'no figure'),
        case when said_of is null then '' else concat(' ', unit) end
    ) as evidence_text,
    source_citation,
    evidence_table,
    evidence_id
from borne
