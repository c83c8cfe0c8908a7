-- Every name that a source prints, once, with the address or heading printed beside it.
with served as (
    -- an agency that serves no people of its own prints 0
    select ori, nullif(max(population), 0) as people
    from {{ ref('int_crime__agency_people') }}
    group by ori
),

every_mention as (
    select
        'usaspending' as source,
        recipient_name as name,
        recipient_state_code as state_code,
        recipient_city_name as city_name,
        recipient_county_name as county_name,
        {{ business_type_hint('business_types') }} as hint,
        cast(null as bigint) as people
    from {{ ref('int_awards__recipients') }}
    union all
    select
        tracker_code as source,
        listed_name as name,
        nullif(state_code, '??') as state_code,
        cast(null as {{ dbt.type_string() }}) as city_name,
        county_name,
        hint,
        cast(null as bigint) as people
    from {{ ref('int_ordinances__listed') }}
    union all
    select
        'cops' as source,
        agency_name as name,
        state_code,
        cast(null as {{ dbt.type_string() }}) as city_name,
        cast(null as {{ dbt.type_string() }}) as county_name,
        cast(null as {{ dbt.type_string() }}) as hint,
        cast(null as bigint) as people
    from {{ ref('stg_cops__announcements') }}
    union all
    -- what others printed of awards names agencies as the Office's lists do
    select
        'cops' as source,
        agency_name as name,
        state_code,
        cast(null as {{ dbt.type_string() }}) as city_name,
        cast(null as {{ dbt.type_string() }}) as county_name,
        cast(null as {{ dbt.type_string() }}) as hint,
        cast(null as bigint) as people
    from {{ ref('stg_published__awards') }}
    union all
    select
        'fbi' as source,
        agencies.agency_name as name,
        agencies.state_code,
        cast(null as {{ dbt.type_string() }}) as city_name,
        agencies.counties as county_name,
        {{ agency_type_hint('agencies.agency_type') }} as hint,
        served.people
    from {{ ref('stg_fbi__agencies') }} as agencies
    left join served
        on agencies.ori = served.ori
    union all
    -- the annual table prints cities, not agencies
    select
        'fbi' as source,
        city as name,
        state_code,
        cast(null as {{ dbt.type_string() }}) as city_name,
        cast(null as {{ dbt.type_string() }}) as county_name,
        'place' as hint,
        max(population) as people
    from {{ ref('stg_fbi__table8') }}
    group by city, state_code
    union all
    select
        {{ label_source('source') }} as source,
        name,
        state_code,
        cast(null as {{ dbt.type_string() }}) as city_name,
        county_name,
        {{ label_hint('source', 'hint') }} as hint,
        cast(null as bigint) as people
    from {{ ref('identity_labels') }}
)

select
    {{ printed_id('source', 'name', 'state_code', 'city_name', 'county_name', 'hint') }} as printed_id,
    source,
    name,
    state_code,
    city_name,
    county_name,
    hint,
    max(people) as people
from every_mention
where name is not null
group by source, name, state_code, city_name, county_name, hint
