-- A view: of the columns of an archive's records each reader needs some, and a copy of all took longer than all of them.
{%- set texts = ['reported_status', 'month_basis', 'agency_name', 'agency_type', 'reporting_type', 'incident_id', 'victim_id',
    'victim_type_code', 'offense_code', 'ethnicity_code', 'race_code', 'sex_code', 'relationship_codes', 'offense_family',
    'victim_group', 'sex', 'relation', 'sent_status'] %}
{%- set counts = ['population', 'victims', 'incidents', 'report_date_incidents', 'several_offense_incidents'] %}

with fields as (
    select
        {{ text_field('record') }} as record,
        {{ text_field('state_code') }} as state_code,
        {{ text_field('data_year') }} as year_text,
        {{ text_field('ori') }} as ori,
        {{ text_field('month') }} as month_text,
        {{ text_field('incident_date') }} as date_text,
        {{ text_field('report_date_flag') }} as report_date_flag,
        {{ text_field('nibrs_start_date') }} as start_text,
        {{ text_field('known_share') }} as share_text,
        {% for name in texts %}
        {{ text_field(name) }} as {{ name }},
        {% endfor %}
        {% for name in counts %}
        {{ text_field(name) }} as {{ name }}_text,
        {% endfor %}
        _capture_id,
        _payload_id,
        _record_no
    from {{ source('raw', 'fbi__nibrs') }}
),

read as (
    select
        fields.*,
        try_cast(year_text as int) as data_year,
        case
            when record = 'victim' then {{ nibrs_day('date_text') }}
            else try_cast(concat(year_text, '-', month_text, '-01') as date)
        end as day,
        {{ nibrs_day('start_text') }} as nibrs_start_on
    from fields
),

typed as (
    select
        record,
        state_code,
        data_year,
        ori,
        cast({{ dbt.date_trunc('month', 'day') }} as date) as month_start,
        nibrs_start_on,
        case when record = 'victim' then coalesce(report_date_flag in ('R', 'Y', 't'), false) end as is_report_date,
        try_cast(share_text as double) as known_share,
        {% for name in texts %}
        {{ name }},
        {% endfor %}
        {% for name in counts %}
        try_cast({{ name }}_text as bigint) as {{ name }},
        {% endfor %}
        case
            when record is null or record not in ('month', 'victim', 'agency_month', 'cell', 'total') then 'record is of no known kind'
            when data_year is null then 'data_year is no year'
            when day is null then 'the month or the incident date is no date'
            when extract(year from day) <> data_year then 'the date is outside the archive year'
            {% for name in counts %}
            when {{ name }}_text is not null and try_cast({{ name }}_text as bigint) is null then '{{ name }} is not a whole number'
            {% endfor %}
            when start_text is not null and nibrs_start_on is null then 'nibrs_start_date is no date'
            when share_text is not null and try_cast(share_text as double) is null then 'known_share is not a number'
            when record = 'victim' and (ori is null or incident_id is null or victim_id is null or offense_code is null)
                then 'a victim without agency, incident, id or offense'
        end as _reject_reason,
        _capture_id,
        _payload_id,
        _record_no
    from read
)
,
{{ with_fate('typed') }}
