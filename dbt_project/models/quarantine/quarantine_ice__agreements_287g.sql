{{ config(alias='ice__agreements_287g') }}

{{ quarantined('ice__agreements_287g') }}
