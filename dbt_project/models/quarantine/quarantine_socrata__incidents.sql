{{ config(alias='socrata__incidents') }}

{{ quarantined('socrata__incidents') }}
