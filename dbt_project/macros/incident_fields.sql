{#-
    Incident reports of all cities in one form. What belongs here: how a city's column is read, once for full rows
    and for counts. What does not: which column is what (orchestration/declared/cities), meaning of codes (seeds). A record holds only its own city's columns, so the first that is
    not null is that city's.

    incident_date     a date as the API writes it (2020-01-08T...) or as the portals' exports do (01/08/2020 ..., or
                      2020 Jan 08 ...)
    incident_code     a code; 121.0, which spreadsheets make of a code, is 121
    incident_id       the number of a report; null if a spreadsheet has rounded it (2.40E+08), because it then means several
    incident_yes      a flag as the cities write it: true, Y, Yes; null if it is neither yes nor no
-#}
{#- Column by column, because an engine that stores a column as a dictionary then casts each distinct date once (measured:
    0.15 s for 5 million rows, against 1.35 s for a cast of the coalesced columns). -#}
{% macro incident_date(names) -%}
    coalesce(
        {%- for name in names %}
        try_cast(substr({{ field(name) }}, 1, 10) as date),
        {%- endfor -%}
        {%- for name in names %}
        try_cast(concat(
            substr({{ field(name) }}, 7, 4), '-', substr({{ field(name) }}, 1, 2), '-', substr({{ field(name) }}, 4, 2)
        ) as date),
        {%- endfor -%}
        {%- for name in names %}
        try_cast(concat(
            substr({{ field(name) }}, 1, 4), '-', {{ month_by_name("substr(" ~ field(name) ~ ", 6, 3)") }}, '-',
            substr({{ field(name) }}, 10, 2)
        ) as date){{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#- Two digits of a month's English name of three letters; null for any other text. -#}
{% macro month_by_name(text) -%}
    case {{ text }}
        {%- for name in ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] %}
        when '{{ name }}' then '{{ '%02d' % loop.index }}'
        {%- endfor %}
    end
{%- endmacro %}

{% macro incident_text(names) -%}
    coalesce({% for name in names %}{{ text_field(name) }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro incident_yes() -%}
    {%- set flag = "lower(" ~ incident_text(declared_incident_columns('domestic')) ~ ")" -%}
    case when {{ flag }} in ('true', 'y', 'yes', '1') then true when {{ flag }} in ('false', 'n', 'no', '0') then false end
{%- endmacro %}

{% macro incident_code() -%}
    {%- set code = incident_text(declared_incident_columns('code')) -%}
    case when {{ code }} like '%.0' then substr({{ code }}, 1, length({{ code }}) - 2) else {{ code }} end
{%- endmacro %}

{% macro incident_victim_group() -%} {{ incident_text(declared_incident_columns('victim_group')) }} {%- endmacro %}

{#- San Francisco: a supplement adds to a report that is already counted (DataSF's explainer of wg3w-h783). -#}
{% macro incident_is_supplement() -%}
    coalesce(lower({{ incident_text(declared_incident_columns('supplement')) }}) like '%supplement%', false)
{%- endmacro %}

{#- Chicago publishes only the date of the incident: its column `date` is not a report date. -#}
{% macro incident_reported_on() -%}
    {{ incident_date(declared_incident_columns('report_date')) }}
{%- endmacro %}

{% macro incident_occurred_on() -%}
    {{ incident_date(declared_incident_columns('occurrence_date')) }}
{%- endmacro %}

{#-
    The day that a record is counted under: of the report, or of the occurrence in a set without report dates. A record of
    another set that lacks its report date has none: its day of occurrence is another month's.
-#}
{% macro incident_counted_on() -%}
    case when captures._has_report_date then {{ incident_reported_on() }} else {{ incident_occurred_on() }} end
{%- endmacro %}

{#- The key of a row within its data set. -#}
{% macro incident_id_columns() -%}
    {{ return(declared_incident_columns('key')) }}
{%- endmacro %}

{% macro incident_id() -%}
    {%- set id -%}
        coalesce({% for name in incident_id_columns() %}nullif({{ field(name) }}, ''){{ ', ' if not loop.last }}{% endfor %})
    {%- endset -%}
    case when {{ id }} not like '%E+%' then {{ id }} end
{%- endmacro %}

{#- Every column that the macros above read. Full rows are grouped by them before anything is typed. -#}
{% macro incident_columns() -%}
    {%- set names = [] -%}
    {%- for role in ['report_date', 'occurrence_date', 'code', 'domestic', 'victim_group', 'supplement'] -%}
        {%- do names.extend(declared_incident_columns(role)) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{#- 64 bits of several columns, for finding repeats among millions of rows. Never use it as a key: two rows may share it. -#}
{% macro quick_hash(columns) -%}
    {{ return(adapter.dispatch('quick_hash')(columns)) }}
{%- endmacro %}
{% macro default__quick_hash(columns) -%}
    xxhash64({% for name in columns %}{{ field(name) }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}
{% macro duckdb__quick_hash(columns) -%}
    hash({% for name in columns %}{{ field(name) }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{#- Why a row or a count cannot be counted under a month; null if it can. `shown_at`: when the publisher sent it. -#}
{% macro incident_date_fault(day, shown_at) -%}
    case
        when {{ day }} is null then 'no date that can be read'
        when {{ day }} > cast({{ shown_at }} as date) then 'date after the capture'
        when {{ day }} < cast('1980-01-01' as date) then 'date before 1980'
    end
{%- endmacro %}

{#- The first text that is not null in the columns of a role: for comparison only. -#}
{% macro incident_role(role) -%} {{ incident_text(declared_incident_columns(role)) }} {%- endmacro %}

{#-
    What a city counts by, as it writes it. Two of its groups may be one to us (a blank at the end of a text): both count.
-#}
{% macro incident_counted_by() -%}
    concat(
        {%- for role in ['code', 'domestic', 'supplement', 'victim_group'] %}
        coalesce({% for name in declared_incident_columns(role) %}{{ field(name) }}, {% endfor %}'(none)')
        {{- ", ' | '," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
