{{ config(alias='fbi__return_a') }}

{{ quarantined('fbi__return_a') }}
