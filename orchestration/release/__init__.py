"""From candidate to release: the gate, the publication, its history, and the way back from a figure.

What belongs here: everything that decides or records what analysts read. What does not: building (dbt), capturing.
"""
