{{ config(alias='census__gazetteer') }}

{{ quarantined('census__gazetteer') }}
