{#- The id of a recipient: its UEI, else its DUNS number, else name and state. -#}
{% macro recipient_id() -%}
    coalesce(
        recipient_uei,
        recipient_duns,
        concat(coalesce(recipient_name, 'not named'), ' ', coalesce(recipient_state_code, ''))
    )
{%- endmacro %}
