"""Declarations as data: what Python and dbt both read, each in one TOML file.

What belongs here: the files and their loaders. What does not: asking a publisher (sources), rendering for dbt (adding).
Nothing here imports another module of ours.
"""
