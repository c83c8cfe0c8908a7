"""Declarations as data: what Python and dbt both read, in TOML and CSV files.

What belongs here: the files and their loaders. What does not: requests to a publisher (sources), generating files for
dbt (adding). Nothing here imports another package of this project.
"""
