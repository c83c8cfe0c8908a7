"""The recorded edition: small tables of true figures, in the publishers' own wire shapes.

What belongs here: `tables/` (long form: publisher, table, entity, period, measure, value, source), the script
that transcribed them, and the code that turns them into payloads. What does not: any figure that nobody published.
"""
