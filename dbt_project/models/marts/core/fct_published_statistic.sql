select
    {{ surrogate_key([
        'figures.publisher', 'figures.entity', 'figures.period_as_printed', 'figures.programme', 'figures.measure',
        'figures.victim_group', 'figures.offense_group', 'figures.unit', 'figures.source_citation'
    ]) }} as published_statistic_key,
    case coalesce(figures.victim_group, 'none printed')
        when 'Hispanic' then {{ surrogate_key(["'hispanic'"]) }}
        when 'Non-Hispanic' then {{ surrogate_key(["'non_hispanic'"]) }}
        when 'Citywide' then {{ surrogate_key(["'citywide'"]) }}
        when 'none printed' then {{ surrogate_key(["'not_applicable'"]) }}
        else {{ unknown_key() }}
    end as victim_group_key,
    case when offenses.offense_code is null then {{ unknown_key() }} else {{ surrogate_key(['offenses.offense_code']) }} end
        as offense_key,
    {{ date_key('figures.period_from') }} as period_from_date_key,
    figures.publisher,
    figures.published_table,
    figures.entity,
    figures.subject,
    figures.programme as program,
    figures.measure,
    figures.victim_group,
    figures.offense_group,
    figures.period_as_printed,
    figures.period_from,
    figures.period_to,
    figures.period_precision,
    figures.compared_with,
    figures.comparison_given,
    figures.how_read,
    figures.figure,
    figures.unit,
    figures.as_printed,
    figures.source_citation,
    {{ cited_day('figures.source_citation') }} as document_date,
    case
        when {{ cited_day('figures.source_citation') }} is not null then null
        when {{ regexp_matches('figures.source_citation', '@[0-9a-f]{7,40}') }}
            then 'a file in a repository: its commit is cited, and no day'
        else 'neither the stored text nor the address shows a day'
    end as document_date_missing,
    figures._capture_id,
    figures._payload_id,
    figures._record_no,
    figures._kind
from {{ ref('stg_published__statistics') }} as figures
left join {{ ref('offenses') }} as offenses
    on figures.offense_group = offenses.offense_code
