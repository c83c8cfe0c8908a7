"""A refresh of the command line among Dagster's own runs.

What belongs here: the origin that such a run gets. What does not: running it (run), how the pages are served
(running.ui).

The timeline of Dagster's pages leaves out each run without an origin: it shows runs by the job of a code location, and
`execute_in_process` names none.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from orchestration.settings import PROJECT_ROOT

WORKSPACE = PROJECT_ROOT / "workspace.yaml"


def put_on(instance: Any, job_name: str) -> None:
    """Give the runs that this instance creates from now on the origin that the pages' own runs of that job have."""
    # Dagster takes seconds to import: only the commands that run it pay
    from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
    from dagster._core.remote_origin import RemoteRepositoryOrigin
    from dagster._core.workspace.load import location_origins_from_yaml_paths

    (location,) = location_origins_from_yaml_paths([str(WORKSPACE)])
    origin = RemoteRepositoryOrigin(location, SINGLETON_REPOSITORY_NAME).get_job_origin(job_name)
    instance.create_run_for_job = partial(instance.create_run_for_job, remote_job_origin=origin)
