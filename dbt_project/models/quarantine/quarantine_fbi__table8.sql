{{ config(alias='fbi__table8') }}

{{ quarantined('fbi__table8') }}
