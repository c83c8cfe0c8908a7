{{ config(alias='dhs__sanctuary_list') }}

{{ quarantined('dhs__sanctuary_list') }}
