"""Clawback: federal policing grants, sanctuary ordinances and crime reporting, side by side.

What belongs here: nothing but this charter. A figure comes through `sources` (what a publisher is asked, how its bytes
are cut into records), `fetching` (the one HTTP session), `landing` (captures), the dbt project (meaning) and `release`
(the gate and the published warehouse) to `reading` (what analysts use). `assets` and `definitions` are the steps as
Dagster runs them, `running` is what surrounds a run, `refresh` is one whole run, `cli` is the command line.
docs/layers.md shows which package may import which.
"""

__version__ = "0.1.0"
