{{ config(alias='ledger__policy_events') }}

{{ quarantined('ledger__policy_events') }}
