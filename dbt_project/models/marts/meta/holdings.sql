-- What this edition holds of each dataset, of what, what is missing and how to get it. The counts follow from the
-- captures; of how many there are is declared in seeds/declared_holdings, with who says it.
with times as (
    {% for dataset, time in holdings_times().items() %}
    select
        '{{ dataset }}' as dataset,
        substr(cast(min({{ time }}) as {{ dbt.type_string() }}), 1, 10) as held_from,
        substr(cast(max({{ time }}) as {{ dbt.type_string() }}), 1, 10) as held_to
    from {{ ref('stg_' ~ dataset) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

kept as (
    select
        dataset,
        sum(case when fate = 'staged' then records else 0 end) as records
    from {{ ref('record_fate') }}
    group by dataset
),

shares as (
    select
        'usaspending__awards' as dataset,
        concat(cast(share_of_nation_percent as {{ dbt.type_string() }}), ' percent ', share_note) as share_text
    from {{ ref('mart_award_share') }}
    where share_scope = 'all captured awards' and share_of_nation_percent is not null
)

select
    status.dataset,
    status.publisher,
    status.kind as held_kind,
    declared.unit as held_unit,
    times.held_from,
    times.held_to,
    cast(coalesce(kept.records, 0) as bigint) as records_held,
    -- if more is held than was declared, or something of other years, the declared number is not how many there are
    case
        when
            coalesce(kept.records, 0) <= declared.of_how_many
            and coalesce(cast(substr(times.held_from, 1, 4) as int) >= declared.of_from, true)
            and coalesce(cast(substr(times.held_to, 1, 4) as int) <= declared.of_to, true)
            then cast(declared.of_how_many as bigint)
    end as of_how_many,
    case
        when shares.share_text is null then declared.of_what
        else concat(declared.of_what, '; what is held is ', shares.share_text)
    end as of_what,
    coalesce(declared.missing, status.note, 'not said') as what_is_missing,
    status.note as selection_note,
    coalesce(declared.how_to_get, 'clawback refresh --live') as how_to_get
from {{ ref('source_status') }} as status
left join {{ ref('declared_holdings') }} as declared
    on status.dataset = declared.dataset
left join times
    on status.dataset = times.dataset
left join kept
    on status.dataset = kept.dataset
left join shares
    on status.dataset = shares.dataset
