"""The recorded edition: small tables of true figures, converted to the publishers' own response formats.

What belongs here: `tables/` (long form: publisher, table, entity, period, measure, value, source), and the code that
turns them into payloads. What does not: any figure that nobody published, the script that transcribed the tables
(tools/transcribe.py).
"""
