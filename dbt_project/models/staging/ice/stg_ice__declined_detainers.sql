-- "Iowa City, Johnson County, Iowa" is the city; the state is what stands behind the last comma.
with parts as (
    select
        base.*,
        trim(split_part(printed_words, ',', 1)) as first_name,
        trim(case when split_part(printed_words, ',', 3) = '' then split_part(printed_words, ',', 2) else split_part(printed_words, ',', 3) end)
            as state_name,
        trim(case when split_part(printed_words, ',', 3) <> '' then split_part(printed_words, ',', 2) end) as second_name
    from {{ ref('base_ice__declined_detainers') }} as base
)

select
    state_name as state_as_printed,
    first_name as listed_name,
    case when first_name like '%County' then 'county' else 'place' end as listed_level,
    case when first_name like '%County' then 'county' else 'place' end as hint,
    second_name as county_name,
    cast(null as {{ dbt.type_string() }}) as support_type,
    cast(null as date) as signed_on,
    cast(null as {{ dbt.type_string() }}) as signed_unread,
    printed_words,
    enacted_month,
    policy,
    condition,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from parts
where _fate = 'staged'
