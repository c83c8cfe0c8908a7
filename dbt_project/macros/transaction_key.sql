{#- A transaction's key; a record that says "deleted" may hold only its parts (subtier, FAIN, URI, listing, modification). -#}
{% macro transaction_key() -%}
    coalesce(
        {{ text_field('assistance_transaction_unique_key') }},
        case when {{ text_field('correction_delete_ind') }} = 'D' then concat(
            coalesce({{ text_field('awarding_sub_agency_code') }}, '-NONE-'), '_',
            coalesce({{ text_field('award_id_fain') }}, '-NONE-'), '_',
            coalesce({{ text_field('award_id_uri') }}, '-NONE-'), '_',
            coalesce({{ text_field('cfda_number') }}, '-NONE-'), '_',
            coalesce({{ text_field('modification_number') }}, '-NONE-')
        ) end
    )
{%- endmacro %}
