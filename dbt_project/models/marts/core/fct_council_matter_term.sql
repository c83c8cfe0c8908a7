select
    council_matter_key,
    field as searched_field,
    term,
    rule,
    family,
    vocabulary_version
from {{ ref('int_ordinances__council_term_hits') }}
