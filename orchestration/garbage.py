"""How often Python searches for objects that keep each other alive.

What belongs here: the one setting of Python's garbage collector. What does not: memory limits (limits, profiles.yml).

Python searches after every 700 objects that were made and not yet freed. A run that builds large structures and keeps
them (a manifest of a thousand nodes, a capture's records) makes millions, almost all of them without a cycle: dbt spent
6% of its processor time on such searches.
"""

import gc

OBJECTS_BETWEEN_SEARCHES = 100_000


def search_seldom() -> None:
    """Have this process search after every 100,000 objects, and seldom among the older ones."""
    gc.set_threshold(OBJECTS_BETWEEN_SEARCHES, 50, 100)
