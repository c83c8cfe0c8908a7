-- Where the words say why instead of a name ("Self-Identification as a State Sanctuary Jurisdiction"), what is listed is
-- the heading that they stand under: a state, or the District among the cities.
select
    state_as_printed,
    case
        when level_heading = 'state' or lower(printed_words) like 'self-identification as%' then state_as_printed
        else printed_words
    end as listed_name,
    case level_heading when 'city' then 'place' else level_heading end as listed_level,
    case level_heading when 'city' then 'place' else level_heading end as hint,
    cast(null as {{ dbt.type_string() }}) as county_name,
    cast(null as {{ dbt.type_string() }}) as support_type,
    cast(null as date) as signed_on,
    cast(null as {{ dbt.type_string() }}) as signed_unread,
    printed_words,
    _capture_id,
    _payload_id,
    _record_no,
    _kind,
    _retrieved_at
from {{ ref('base_dhs__sanctuary_list') }}
where _fate = 'staged'
