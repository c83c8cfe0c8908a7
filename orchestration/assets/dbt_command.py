"""The dbt command that a build runs.

What belongs here: the folder in which dbt runs, and switching off what dagster-dbt prepares and Clawback does not need.
What does not: which models are built, and handling dbt's events (warehouse).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from dagster_dbt import DbtCliResource
from packaging.version import Version

from orchestration import engine
from orchestration.release.dbt_manifest import BUILD_DIR_VARIABLE
from orchestration.settings import DBT_PROJECT_DIR, Settings

_IN_BUILD_DIR = f'cd "${BUILD_DIR_VARIABLE}" && exec "$0" "$@"'


# As profiles.yml has it.
DEFAULT_TARGET = "duckdb"


class DbtInBuildDir(DbtCliResource):
    """`dbt`, run in the build folder: the paths that dbt_manifest.dbt_environment names are relative to it.

    dagster-dbt starts `dbt --version` and loads the project into Dagster's own process as well, for row counts and
    columns that it would read after the build. Clawback reads them itself (release/columns): both are left out.
    """

    @property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
        return None


def dbt_resource() -> DbtInBuildDir:
    """dbt as the chosen engine runs it, on that engine's target of profiles.yml."""
    runs = engine.chosen(Settings())
    return DbtInBuildDir(
        project_dir=str(DBT_PROJECT_DIR),
        profiles_dir=str(DBT_PROJECT_DIR),
        # dbt parses the whole project again where a target is named that was not when it parsed, even the default one
        target=None if runs.name == DEFAULT_TARGET else runs.name,
        dbt_executable="/bin/sh",
        global_config_flags=["-c", _IN_BUILD_DIR, *runs.program()],
    )
