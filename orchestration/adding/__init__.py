"""Adding a city, tracker, source or council to the project: generated dbt files, and skeletons (docs/adding.md).

What belongs here: generating the dbt files that follow from declared.cities and from the sources' .yml, and `clawback
new`. What does not: anything that a refresh needs.
"""
