{#-
    The outcome of each captured record, in column _fate: staged, quarantined, duplicate or superseded.

    cte       a CTE of the typed rows with _reject_reason (null if the row is good), _capture_id,
              _payload_id and _record_no
    key       the columns of the publisher's own key; [] if it has none. Then no row is a duplicate,
              because two equal rows may be two events (NCVS microdata)
    content   the columns that make two rows of one key the same row
    across    true for datasets of policy "merge", and if captures may overlap: the newest version of a
              key is used, whichever capture it is in; of captures of one time, the one that was landed last.
              false: versions are compared inside one capture
-#}
{% macro with_fate(cte, key=[], content=[], across=false) %}
copied as (
    select
        typed.*,
        captured._kind,
        captured._retrieved_at,
        {% if key %}
        row_number() over (
            partition by
                case when typed._reject_reason is null then 0 else 1 end,
                {% if not across %}typed._capture_id,{% endif %}
                {{ surrogate_key(key) }}, {{ surrogate_key(content or key) }}
            order by
                captured._retrieved_at desc, captured._landed_at desc, typed._capture_id desc, typed._payload_id,
                typed._record_no
        ) as _copy
        {% else %}
        1 as _copy
        {% endif %}
    from {{ cte }} as typed
    inner join (
        select
            capture_id as _serving_id,
            kind as _kind,
            retrieved_at as _retrieved_at,
            landed_at as _landed_at
        from {{ source('raw', 'capture') }}
    ) as captured
        on typed._capture_id = captured._serving_id
),

versioned as (
    select
        copied.*,
        {% if key %}
        row_number() over (
            partition by
                case when _reject_reason is null then _copy else -1 end,
                {% if not across %}_capture_id,{% endif %}
                {{ surrogate_key(key) }}
            order by
                _retrieved_at desc, {% if across %}_landed_at desc, {% endif %}_capture_id desc, _payload_id desc,
                _record_no desc
        ) as _version
        {% else %}
        1 as _version
        {% endif %}
    from copied
    {% if key and across %}
    inner join (
        select
            capture_id as _landed_id,
            landed_at as _landed_at
        from {{ source('raw', 'capture') }}
    ) as landed
        on copied._capture_id = landed._landed_id
    {% endif %}
)

select
    versioned.*,
    case
        when _reject_reason is not null then 'quarantined'
        when _copy > 1 then 'duplicate'
        when _version > 1 then 'superseded'
        else 'staged'
    end as _fate
from versioned
{% endmacro %}
