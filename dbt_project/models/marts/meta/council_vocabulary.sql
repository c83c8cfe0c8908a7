select
    term,
    rule,
    family,
    except_of,
    spelling,
    reason,
    learned_from,
    vocabulary_version
from {{ ref('council_terms') }}
