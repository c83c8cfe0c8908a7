{{ config(alias='cops__announcements') }}

{{ quarantined('cops__announcements') }}
