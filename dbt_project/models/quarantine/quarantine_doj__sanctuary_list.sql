{{ config(alias='doj__sanctuary_list') }}

{{ quarantined('doj__sanctuary_list') }}
