{#-
    What the models of incident reports need to know of a capture. A slice begins with the nine characters of its data set.
    _has_report_date: whether the set counts its records by the day of the report.
-#}
{% macro captures_of_sets() -%}
    (
        select
            every_capture.capture_id as _serving_id,
            every_capture.kind as _kind,
            every_capture.retrieved_at as _retrieved_at,
            substr(every_capture.slice, 1, 9) as _set_id,
            coalesce(sets.date_basis = 'report date', false) as _has_report_date
        from {{ source('raw', 'capture') }} as every_capture
        left join {{ ref('incident_sets') }} as sets
            on substr(every_capture.slice, 1, 9) = sets.set_id
    )
{%- endmacro %}
