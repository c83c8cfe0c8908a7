{{ config(alias='bjs__victimizations') }}

{{ quarantined('bjs__victimizations') }}
