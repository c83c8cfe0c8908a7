{{ config(alias='census__places') }}

{{ quarantined('census__places') }}
