select
    {{ surrogate_key(['hits.council_matter_key', 'hits.field', 'hits.term']) }} as council_matter_term_key,
    hits.council_matter_key,
    hits.field as searched_field,
    hits.term,
    hits.rule,
    hits.family,
    hits.vocabulary_version,
    matters._capture_id,
    matters._payload_id,
    matters._record_no,
    matters._kind
from {{ ref('int_ordinances__council_term_hits') }} as hits
inner join {{ ref('int_ordinances__council_matters') }} as matters
    on hits.council_matter_key = matters.council_matter_key
