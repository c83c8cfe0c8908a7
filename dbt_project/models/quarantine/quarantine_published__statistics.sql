{{ config(alias='published__statistics') }}

{{ quarantined('published__statistics') }}
