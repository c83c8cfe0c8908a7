"""Captures: each extracts one slice (part) of a dataset, is written completely or not at all, and accepted or rejected.

What belongs here: the landing folder, where captures are stored, and the raw views through which dbt reads them. What
does not: anything about one publisher, the meaning of a field.
"""
