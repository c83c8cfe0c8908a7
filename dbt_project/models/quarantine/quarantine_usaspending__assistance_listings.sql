{{ config(alias='usaspending__assistance_listings') }}

{{ quarantined('usaspending__assistance_listings') }}
