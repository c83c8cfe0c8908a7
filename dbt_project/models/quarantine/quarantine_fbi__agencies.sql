{{ config(alias='fbi__agencies') }}

{{ quarantined('fbi__agencies') }}
