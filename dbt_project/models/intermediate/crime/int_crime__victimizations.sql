-- Each victimization (or group of them) under every family and group that it belongs to. Families overlap: never add
-- all_violent, domestic_violence or intimate_partner_violence to the others, nor the groups to `all`.
with victimizations as (
    select
        survey_year as calendar_year,
        hispanic_code,
        offense_code,
        relation_code,
        notify_code,
        interviewed,
        weight,
        _capture_id,
        _payload_id,
        _kind
    from {{ ref('stg_bjs__victimizations') }}
),

families as (
    select 'all_violent' as family, 1 as least_code, 4 as greatest_code, cast(null as int) as greatest_relation
    union all
    select 'rape_sexual_assault' as family, 1 as least_code, 1 as greatest_code, cast(null as int) as greatest_relation
    union all
    select 'robbery' as family, 2 as least_code, 2 as greatest_code, cast(null as int) as greatest_relation
    union all
    select 'aggravated_assault' as family, 3 as least_code, 3 as greatest_code, cast(null as int) as greatest_relation
    union all
    select 'simple_assault' as family, 4 as least_code, 4 as greatest_code, cast(null as int) as greatest_relation
    union all
    select 'personal_theft' as family, 5 as least_code, 5 as greatest_code, cast(null as int) as greatest_relation
    union all
    select 'intimate_partner_violence' as family, 1 as least_code, 4 as greatest_code, 1 as greatest_relation
    union all
    -- direl 1 is an intimate, 2 another relative
    select 'domestic_violence' as family, 1 as least_code, 4 as greatest_code, 2 as greatest_relation
),

victim_groups as (
    select 'all' as victim_group, cast(null as int) as only_hispanic
    union all
    select 'hispanic' as victim_group, 1 as only_hispanic
    union all
    select 'non_hispanic' as victim_group, 2 as only_hispanic
    union all
    -- the victim did not say, or was not asked
    select 'ethnicity_unknown' as victim_group, 0 as only_hispanic
)

select
    victimizations.calendar_year,
    victim_groups.victim_group,
    families.family,
    sum(victimizations.interviewed) as interviewed,
    {{ exact_sum('victimizations.weight') }} as weighted,
    {{ exact_sum('case when victimizations.notify_code = 1 then victimizations.weight else 0 end') }} as weighted_reported,
    {{ provenance_of_one('victimizations') }}
from victimizations
inner join families
    on
        victimizations.offense_code between families.least_code and families.greatest_code
        and (
            families.greatest_relation is null
            or victimizations.relation_code between 1 and families.greatest_relation
        )
inner join victim_groups
    on
        victim_groups.only_hispanic is null
        or victim_groups.only_hispanic = case when victimizations.hispanic_code in (1, 2) then victimizations.hispanic_code else 0 end
group by victimizations.calendar_year, victim_groups.victim_group, families.family
