-- The matters of every council in one shape; of records that share a number, the one published last stands.
with elms as (
    select
        elms.*,
        count(*) over (partition by coalesce(legacy_record_number, record_number, matter_id)) as records_of_number,
        row_number() over (
            partition by coalesce(legacy_record_number, record_number, matter_id)
            order by last_modified_at desc nulls last, matter_id
        ) as newest_first
    from {{ ref('stg_elms__matters') }} as elms
),

-- Legistar's API gives neither a summary nor a text. What a file said of each stands until another file says it anew: an
-- answer of the API takes nothing back of what it cannot show.
told as (
    select
        client,
        matter_id,
        max(case when newest_summary = 1 then summary end) as summary,
        max(case when newest_text = 1 then full_text end) as full_text
    from (
        select
            client,
            matter_id,
            summary,
            full_text,
            {% for column, place in [('summary', 'newest_summary'), ('full_text', 'newest_text')] %}
            row_number() over (
                partition by client, matter_id
                order by
                    case when {{ column }} is null then 1 else 0 end,
                    _retrieved_at desc,
                    _capture_id desc,
                    _record_no desc
            ) as {{ place }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ ref('base_legistar__matters') }}
        where _fate <> 'quarantined'
    ) as texts
    group by client, matter_id
),

gathered as (
    select
        'legistar' as source,
        matters.client,
        matters.matter_id,
        matters.file_number,
        matters.matter_name,
        matters.title,
        matters.notes,
        told.summary,
        told.full_text,
        matters.own_text,
        matters.type_name,
        matters.status_name as outcome_text,
        cast(null as date) as outcome_on,
        matters.body_name,
        matters.introduced_on,
        matters.passed_on,
        matters.enacted_on,
        matters.enactment_number,
        matters.is_restricted,
        matters.last_modified_at,
        1 as records_of_number,
        matters._capture_id,
        matters._payload_id,
        matters._record_no,
        matters._kind,
        matters._retrieved_at
    from {{ ref('stg_legistar__matters') }} as matters
    left join told
        on matters.client = told.client and matters.matter_id = told.matter_id
    union all
    select
        'elms' as source,
        client,
        matter_id,
        coalesce(legacy_record_number, record_number) as file_number,
        cast(null as {{ dbt.type_string() }}) as matter_name,
        title,
        cast(null as {{ dbt.type_string() }}) as notes,
        cast(null as {{ dbt.type_string() }}) as summary,
        cast(null as {{ dbt.type_string() }}) as full_text,
        cast(null as {{ dbt.type_string() }}) as own_text,
        type_name,
        coalesce(sub_status_name, status_name) as outcome_text,
        final_on as outcome_on,
        body_name,
        introduced_on,
        cast(null as date) as passed_on,
        cast(null as date) as enacted_on,
        cast(null as {{ dbt.type_string() }}) as enactment_number,
        false as is_restricted,
        last_modified_at,
        cast(records_of_number as int) as records_of_number,
        _capture_id,
        _payload_id,
        _record_no,
        _kind,
        _retrieved_at
    from elms
    where newest_first = 1
),

-- the first line of the seed whose word stands in the kind's name
kinds as (
    select
        names.type_name,
        kinds.instrument,
        row_number() over (partition by names.type_name order by kinds.precedence) as choice
    from (select type_name from gathered where type_name is not null group by type_name) as names
    inner join {{ ref('council_matter_types') }} as kinds
        on {{ dbt.position(council_words('kinds.word'), council_lower(council_words('names.type_name'))) }} > 0
)

select
    {{ surrogate_key(['gathered.source', 'gathered.client', 'gathered.matter_id']) }} as council_matter_key,
    gathered.source,
    gathered.client,
    gathered.matter_id,
    councils.jurisdiction_key,
    councils.name as jurisdiction_name,
    councils.level as jurisdiction_level,
    gathered.file_number,
    gathered.matter_name,
    gathered.title,
    gathered.notes,
    gathered.summary,
    gathered.full_text,
    gathered.own_text,
    gathered.type_name,
    case
        -- an introduction of New York's that became law is a local law, and has its number
        when kinds.instrument = 'introduction' and gathered.enactment_number is not null then 'local law'
        when kinds.instrument = 'introduction' then 'bill'
        else coalesce(kinds.instrument, 'other')
    end as instrument,
    gathered.outcome_text,
    gathered.outcome_on,
    gathered.body_name,
    gathered.introduced_on,
    gathered.passed_on,
    gathered.enacted_on,
    gathered.enactment_number,
    gathered.is_restricted,
    gathered.last_modified_at,
    gathered.records_of_number,
    case
        when gathered.source = 'legistar'
            -- the page for people: it opens without the token that some councils' API asks for
            then concat('https://', gathered.client, '.legistar.com/gateway.aspx?m=l&id=', gathered.matter_id)
        else concat('https://api.chicityclerkelms.chicago.gov/matter/', gathered.matter_id)
    end as address,
    gathered._capture_id,
    gathered._payload_id,
    gathered._record_no,
    gathered._kind,
    gathered._retrieved_at
from gathered
inner join {{ ref('int_ordinances__council_units') }} as councils
    on gathered.client = councils.client and gathered.source = councils.source
left join kinds
    on gathered.type_name = kinds.type_name and kinds.choice = 1
