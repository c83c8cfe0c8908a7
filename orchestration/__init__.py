"""Clawback: federal policing grants, sanctuary ordinances and crime reporting, side by side.

What belongs here: nothing but this charter. The way of a figure runs
`sources` (what a publisher is asked, how its bytes are cut into records) ->
`fetching` (the one HTTP session) -> `landing` (captures) -> the dbt project
(meaning) -> `release` (the gate and the published warehouse). `assets` and
`definitions` wire these into Dagster; `cli` says them to people.
"""

__version__ = "0.1.0"
