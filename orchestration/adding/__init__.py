"""Adding one more source, city, tracker or council: generated files, and skeletons for new ones (docs/adding.md).

What belongs here: rendering the dbt files that follow from declarations (declared, and the .yml of dbt's sources), and
`clawback new`. What does not: anything that a refresh needs.
"""
