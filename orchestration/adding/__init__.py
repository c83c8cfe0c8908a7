"""Adding one more city, tracker, source or council: files generated from declarations, and skeletons (docs/adding.md).

What belongs here: writing the dbt files that follow from orchestration/declared and from the sources' .yml, and
`clawback new`. What does not: anything that a refresh needs.
"""
