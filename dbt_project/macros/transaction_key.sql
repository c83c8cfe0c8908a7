{#-
    A transaction's key, in capitals as the publisher writes it; a deletion record may hold only its parts
    (subtier, FAIN, URI, listing, modification).
-#}
{% macro transaction_key() -%}
    upper(coalesce(
        {{ text_field('assistance_transaction_unique_key') }},
        case when {{ text_field('correction_delete_ind') }} = 'D' then concat(
            coalesce({{ text_field('awarding_sub_agency_code') }}, '-NONE-'), '_',
            coalesce({{ text_field('award_id_fain') }}, '-NONE-'), '_',
            coalesce({{ text_field('award_id_uri') }}, '-NONE-'), '_',
            coalesce({{ text_field('cfda_number') }}, '-NONE-'), '_',
            coalesce({{ text_field('modification_number') }}, '-NONE-')
        ) end
    ))
{%- endmacro %}

{#- Day on which the publisher last changed a transaction, or deleted it; null if the record does not say. -#}
{% macro transaction_modified_on(of=none) -%}
    try_cast(substr({% if of %}{{ of }}.{% endif %}{{ field('last_modified_date') }}, 1, 10) as date)
{%- endmacro %}

{#-
    Why a record of a transactions file cannot be read; null if it can. A deletion fills only the parts of its key and its
    day. Files of 2019 had deletions with shifted columns, which do not form a key.
-#}
{% macro transaction_fault() -%}
    case
        when {{ transaction_key() }} is null then 'no transaction key'
        when {{ text_field('correction_delete_ind') }} = 'D' then
            case
                when not {{ regexp_matches(transaction_key(), '^[0-9A-Z]{3,4}_.+_.+_[0-9]{2}[.][0-9A-Z]{3}_.+$') }}
                    then 'a deletion whose key is no key (shifted columns)'
            end
        when {{ text_field('award_id_fain') }} is null and {{ text_field('award_id_uri') }} is null
            then 'neither FAIN nor URI'
        when try_cast({{ field('federal_action_obligation') }} as decimal(18, 2)) is null
            and {{ text_field('federal_action_obligation') }} is not null
            then 'federal_action_obligation is not a number'
        when try_cast({{ field('action_date') }} as date) is null then 'action_date is not a date'
        when try_cast({{ field('action_date_fiscal_year') }} as int) is null
            then 'action_date_fiscal_year is not a year'
        when {{ transaction_modified_on() }} is null
            then 'last_modified_date is not a date (a record cut short has none)'
    end
{%- endmacro %}
