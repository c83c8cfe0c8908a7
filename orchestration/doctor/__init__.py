"""`clawback doctor`: examining an installation, quickly or thoroughly.

What belongs here: checking settings, captures and releases on disk, and reporting what is wrong and how to fix it. What
does not: the repair itself, and what monitors read after each run (running.health).
"""
