-- The resolver against names that were labelled by hand. A name is right where the unit found is the unit meant; a unit
-- found for a name that means none, or another unit, is wrong; a unit not found is missed. A name that means none and
-- has a unit all the same is an organization or a special authority taken for a government: there may be none.
with labelled as (
    select
        labels.source,
        labels.split,
        labels.expected_kind,
        resolved.kind as found_kind,
        expected.jurisdiction_key as expected_key,
        -- a tribe has no code to label it by: that its kind was told is judged, not its unit
        case when resolved.is_resolved and (labels.expected_kind <> 'tribe' or resolved.kind <> 'tribe')
            then resolved.jurisdiction_key end as found_key
    from {{ ref('identity_labels') }} as labels
    inner join {{ ref('int_identity__resolved') }} as resolved
        on
            {{ printed_id(
                label_source('labels.source'), 'labels.name', 'labels.state_code', 'cast(null as ' ~ dbt.type_string() ~ ')',
                'labels.county_name', label_hint('labels.source', 'labels.hint')
            ) }} = resolved.printed_id
    left join {{ ref('int_identity__geoids') }} as expected
        on labels.expected_geoid = expected.geoid
),

judged as (
    select labelled.*, expected_kind as kind from labelled
    union all
    select labelled.*, 'all' as kind from labelled
)

select
    split,
    kind,
    count(*) as names,
    count(expected_key) as names_with_a_unit,
    count(found_key) as resolved,
    cast(sum(case when found_key = expected_key then 1 else 0 end) as bigint) as resolved_right,
    cast(sum(case when expected_key is null and found_key is not null then 1 else 0 end) as bigint) as taken_for_a_government,
    cast(case when count(found_key) > 0 then
        sum(case when found_key = expected_key then 1.0 else 0.0 end) / count(found_key) end as double) as precision_share,
    cast(case when count(expected_key) > 0 then
        sum(case when found_key = expected_key then 1.0 else 0.0 end) / count(expected_key) end as double) as recall_share,
    cast(sum(case when found_kind = expected_kind then 1.0 else 0.0 end) / count(*) as double) as kind_right_share
from judged
group by split, kind
