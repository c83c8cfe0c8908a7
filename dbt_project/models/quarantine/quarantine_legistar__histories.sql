{{ config(alias='legistar__histories') }}

{{ quarantined('legistar__histories') }}
