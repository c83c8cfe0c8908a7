{{ config(alias='usaspending__awards') }}

{{ quarantined('usaspending__awards') }}
