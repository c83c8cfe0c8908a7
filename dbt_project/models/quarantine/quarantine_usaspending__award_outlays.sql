{{ config(alias='usaspending__award_outlays') }}

{{ quarantined('usaspending__award_outlays') }}
