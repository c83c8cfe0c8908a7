"""Where the warehouse is built: DuckDB in one process, or Spark on one machine or many.

What belongs here: one module for each engine behind one interface (interface), and the choice between them. An engine
decides two things: how dbt's sources, the raw views, are made, and where dbt runs. Whatever it used, it leaves the
build file with every table, so the gate and the publisher are the same for all. What does not: SQL (dbt_project), the
steps as Dagster runs them (assets), the gate (release).
"""

from orchestration.engine.interface import Engine, EngineMissing
from orchestration.engine.on_duckdb import OnDuckDB
from orchestration.engine.on_spark import OnSpark
from orchestration.settings import Settings

__all__ = ["Engine", "EngineMissing", "chosen"]


def chosen(settings: Settings) -> Engine:
    """The engine that CLAWBACK_ENGINE names."""
    return OnSpark() if settings.engine == "spark" else OnDuckDB()
