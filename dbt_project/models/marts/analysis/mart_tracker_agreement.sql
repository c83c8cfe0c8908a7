-- Each pair of trackers, unit by unit: no list is merged with another, none is right. Lists that were never shown on
-- one day (Homeland Security's and the Justice Department's) are compared all the same, and the row says so.
with spells as (
    select
        listings.tracker_code,
        listings.level,
        listings.state_code,
        listings.jurisdiction_key,
        listings.listed_name,
        listings.listed_from,
        listings.listed_to,
        listings.is_resolved,
        -- a name that is tied to no unit is compared by its spelling
        case
            when listings.is_resolved then listings.jurisdiction_key
            else concat(coalesce(listings.state_code, '??'), '|', {{ spelled_name('listings.listed_name') }})
        end as unit_id
    from {{ ref('fct_listed_unit') }} as listings
),

units as (
    select
        tracker_code,
        level,
        unit_id,
        max(jurisdiction_key) as jurisdiction_key,
        max(case when is_resolved then 1 else 0 end) as is_resolved,
        max(state_code) as state_code,
        max(listed_name) as listed_name,
        min(listed_from) as listed_from,
        case when count(*) = count(listed_to) then max(listed_to) end as listed_to
    from spells
    group by tracker_code, level, unit_id
),

covered as (
    select tracker_code, state_code
    from {{ ref('int_ordinances__snapshots') }}
    group by tracker_code, state_code
),

pairs as (
    select
        a.tracker_code as tracker_a,
        b.tracker_code as tracker_b
    from (select distinct tracker_code from covered) as a
    inner join (select distinct tracker_code from covered) as b on a.tracker_code < b.tracker_code
),

named as (
    select pairs.tracker_a, pairs.tracker_b, units.level, units.unit_id
    from pairs
    inner join units on units.tracker_code in (pairs.tracker_a, pairs.tracker_b)
    group by pairs.tracker_a, pairs.tracker_b, units.level, units.unit_id
),

-- whether some day both lists held the unit, at that level
at_once as (
    select
        a.tracker_code as tracker_a,
        b.tracker_code as tracker_b,
        a.level,
        a.unit_id,
        max(case
            when (b.listed_to is null or a.listed_from < b.listed_to) and (a.listed_to is null or b.listed_from < a.listed_to)
                then 1
            else 0
        end) as is_at_once
    from spells as a
    inner join spells as b
        on a.unit_id = b.unit_id and a.level = b.level and a.tracker_code < b.tracker_code
    group by a.tracker_code, b.tracker_code, a.level, a.unit_id
),

compared as (
    select
        named.tracker_a,
        named.tracker_b,
        named.level,
        named.unit_id,
        coalesce(a.jurisdiction_key, b.jurisdiction_key) as jurisdiction_key,
        coalesce(a.is_resolved, b.is_resolved) = 1 as is_resolved,
        coalesce(a.state_code, b.state_code) as state_code,
        coalesce(a.listed_name, b.listed_name) as listed_name,
        case when a.unit_id is null then 'only b' when b.unit_id is null then 'only a' else 'both' end as listed_by,
        a.listed_from as a_listed_from,
        a.listed_to as a_listed_to,
        b.listed_from as b_listed_from,
        b.listed_to as b_listed_to
    from named
    left join units as a
        on named.tracker_a = a.tracker_code and named.level = a.level and named.unit_id = a.unit_id
    left join units as b
        on named.tracker_b = b.tracker_code and named.level = b.level and named.unit_id = b.unit_id
),

-- the same unit under another heading of the tracker that does not list it here
elsewhere as (
    select
        compared.tracker_a,
        compared.tracker_b,
        compared.level,
        compared.unit_id,
        {{ joined('units.level') }} as levels
    from compared
    inner join units
        on
            compared.unit_id = units.unit_id
            and compared.level <> units.level
            and units.tracker_code = case compared.listed_by when 'only a' then compared.tracker_b else compared.tracker_a end
    where compared.listed_by <> 'both'
    group by compared.tracker_a, compared.tracker_b, compared.level, compared.unit_id
)

select
    {{ surrogate_key(['compared.tracker_a', 'compared.tracker_b', 'compared.level', 'compared.unit_id']) }}
        as agreement_key,
    {{ surrogate_key(['compared.tracker_a']) }} as tracker_a_key,
    {{ surrogate_key(['compared.tracker_b']) }} as tracker_b_key,
    compared.tracker_a,
    compared.tracker_b,
    a.verdict as verdict_a,
    b.verdict as verdict_b,
    a.definition as definition_a,
    b.definition as definition_b,
    compared.level,
    compared.jurisdiction_key,
    compared.is_resolved,
    compared.listed_name,
    compared.state_code,
    compared.listed_by,
    elsewhere.levels as other_lists_it_as,
    -- a list that is only partly captured covers no state
    compared.listed_by = 'both' or (
        covered.tracker_code is not null
        and case compared.listed_by when 'only a' then b.holds else a.holds end = 'the whole list'
    ) as is_state_covered_by_other,
    case when compared.listed_by = 'both' then at_once.is_at_once = 1 end as is_on_one_day,
    compared.a_listed_from,
    compared.a_listed_to,
    compared.b_listed_from,
    compared.b_listed_to
from compared
inner join {{ ref('dim_tracker') }} as a on compared.tracker_a = a.tracker_code
inner join {{ ref('dim_tracker') }} as b on compared.tracker_b = b.tracker_code
left join at_once
    on
        compared.tracker_a = at_once.tracker_a
        and compared.tracker_b = at_once.tracker_b
        and compared.level = at_once.level
        and compared.unit_id = at_once.unit_id
left join elsewhere
    on
        compared.tracker_a = elsewhere.tracker_a
        and compared.tracker_b = elsewhere.tracker_b
        and compared.level = elsewhere.level
        and compared.unit_id = elsewhere.unit_id
left join covered
    on
        covered.tracker_code = case compared.listed_by when 'only a' then compared.tracker_b else compared.tracker_a end
        and coalesce(compared.state_code, '??') = covered.state_code
