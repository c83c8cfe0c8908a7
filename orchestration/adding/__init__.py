"""Adding one more: what is derived from declarations, and skeletons of new ones (docs/adding.md).

What belongs here: rendering the dbt files that follow from declared.cities and from the sources' .yml, and `clawback
new`. What does not: anything that a refresh needs.
"""
