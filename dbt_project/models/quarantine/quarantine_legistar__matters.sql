{{ config(alias='legistar__matters') }}

{{ quarantined('legistar__matters') }}
