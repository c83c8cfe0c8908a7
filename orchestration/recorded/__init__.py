"""The recorded edition: small tables of true figures, in the form in which the publishers send them.

What belongs here: `tables/` (long form: publisher, table, entity, period, measure, value, source), and the code that
turns them into payloads. What does not: any figure that nobody published.
"""
