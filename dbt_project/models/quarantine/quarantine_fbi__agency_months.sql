{{ config(alias='fbi__agency_months') }}

{{ quarantined('fbi__agency_months') }}
