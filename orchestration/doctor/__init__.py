"""Examining an installation, quickly or thoroughly.

What belongs here: looking at everything at rest, and saying what is wrong and the way out. What does not: mending,
and what monitors read after each run (running.health).
"""
