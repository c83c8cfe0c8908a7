"""Clawback: federal policing grants, sanctuary ordinances and crime reporting, side by side.

What belongs here: nothing but this overview. A figure passes through these packages: `sources` (what to request from a
publisher, and how to parse its response), `fetching` (the one HTTP session), `landing` (captures), the dbt project
(meaning), `release` (the gate and the published warehouse) and `reading` (what analysts use). Around them, `assets` and
`definitions` are the steps as Dagster runs them, `running` is what every run needs before and after, `refresh` is one
whole run, and `cli` is the command line. docs/layers.md shows which package may import which.
"""

__version__ = "0.1.0"
