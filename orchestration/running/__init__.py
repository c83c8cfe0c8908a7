"""Around a run: the lock, signals, cleanup after dead runs, messages to people, the installation's health.

What belongs here: what every run needs before it begins, while it waits and after it has ended, whether the command
line or Dagster's daemon started it. What does not: what a run does (assets), one whole refresh (refresh).
"""
