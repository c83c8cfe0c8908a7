{{ config(alias='fbi__area_months') }}

{{ quarantined('fbi__area_months') }}
