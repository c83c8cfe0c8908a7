"""From candidate to release: the gate, publication, and the history of releases.

What belongs here: everything that decides or records what analysts read. What does not: building (dbt), capturing
(landing), reading a release (reading).
"""
