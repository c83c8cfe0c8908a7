"""Captures: written whole or not at all, accepted or rejected, and read as raw views.

What belongs here: the landing folder. What does not: anything about one publisher, the meaning of a field.
"""
