{#- The staging model and the column whose least and greatest value say from when to when a dataset is held; a dataset
    that is not here is of no time, or of one that its capture says. -#}
{% macro holdings_times() -%}
    {{ return({
        'bjs__victimizations': 'survey_year',
        'census__places': 'estimate_year',
        'cops__announcements': 'fiscal_year',
        'doj__sanctuary_list': '_retrieved_at',
        'dhs__sanctuary_list': '_retrieved_at',
        'elms__matters': 'introduced_on',
        'fbi__agency_months': 'month_start',
        'fbi__area_months': 'month_start',
        'fbi__return_a': 'month_start',
        'fbi__table8': 'table_year',
        'ice__agreements_287g': '_retrieved_at',
        'ledger__policy_events': 'event_from',
        'legistar__histories': 'action_on',
        'legistar__matters': 'introduced_on',
        'omb__budget': 'fiscal_year',
        'published__awards': 'fiscal_year',
        'published__statistics': 'period_from',
        'socrata__incident_months': 'report_month',
        'usaspending__assistance_listings': 'fiscal_year',
        'usaspending__awards': 'start_on',
        'usaspending__transactions': 'action_on',
    }) }}
{%- endmacro %}
