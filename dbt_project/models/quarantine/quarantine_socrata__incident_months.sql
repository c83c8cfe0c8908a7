{{ config(alias='socrata__incident_months') }}

{{ quarantined('socrata__incident_months') }}
