{{ config(alias='usaspending__transactions') }}

{{ quarantined('usaspending__transactions') }}
