{{ config(alias='elms__matters') }}

{{ quarantined('elms__matters') }}
