{#- The codes and flags that put a report into an offence family, one row each; optional ones by the project's choice. -#}
{% macro incident_family_codes() -%}
    select distinct
        series,
        offense_family,
        code,
        is_domestic
    from {{ ref('incident_offense_codes') }}
    where not is_optional or {{ 'true' if var('count_optional_incident_codes') else 'false' }}
{%- endmacro %}

{#- Whether a report belongs to the family of a row of incident_family_codes. A code with % is a pattern: a set may list several
    offenses in one column. -#}
{% macro is_of_family(reports, codes) -%}
    {{ reports }}.series = {{ codes }}.series
    and ({{ codes }}.code is null or upper({{ reports }}.code) like upper({{ codes }}.code))
    and ({{ codes }}.is_domestic is null or {{ reports }}.is_domestic = {{ codes }}.is_domestic)
{%- endmacro %}
