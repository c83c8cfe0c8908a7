"""Dagster assets by domain. What belongs here: wiring of sources, landing, dbt and release into assets; no logic."""
