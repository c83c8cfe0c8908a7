"""The one place where everything is wired for Dagster: assets, checks, jobs, schedules, sensors, resources.

What belongs here: what Dagster loads as the code location. What does not: what an asset does (assets).
"""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration import logs, sources
from orchestration.assets.capture import capture_assets
from orchestration.assets.dbt_command import dbt_resource
from orchestration.assets.options import RefreshOptions
from orchestration.assets.release import build_release_assets
from orchestration.assets.sensors import SENSORS
from orchestration.assets.warehouse import build_dbt_assets, landing_views
from orchestration.settings import Settings

TIMEZONE = "America/New_York"
NIGHTLY_AT = "0 2 * * *"
# Each in the group that its dataset's `domain` names.
CAPTURE_ASSETS = [asset for dataset in sources.DATASETS.values() for asset in capture_assets(dataset)]
# Backfills are started by people, a partition at a time; a run requests what is new.
NIGHTLY = [asset for asset in CAPTURE_ASSETS if asset.partitions_def is None]
# In the daemon's processes, which no command line has set up.
logs.configure(Settings())


def _nightly(job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """Captures and release in one run and one process, so that the release begins when the last capture has ended.

    It is on from the start where CLAWBACK_SCHEDULE says so, else until somebody switches it on. The recorded edition
    never changes, so that a night of it is skipped.
    """

    @dg.schedule(
        name="nightly",
        job=job,
        cron_schedule=NIGHTLY_AT,
        execution_timezone=TIMEZONE,
        description="Every publisher is asked what is new; then the warehouse is built, checked and published.",
        default_status=(
            dg.DefaultScheduleStatus.RUNNING if Settings().schedule == "on" else dg.DefaultScheduleStatus.STOPPED
        ),
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        edition = Settings().edition
        if edition != "live":
            return dg.SkipReason(f"the {edition} edition does not change: set CLAWBACK_EDITION=live")
        return dg.RunRequest(tags={"clawback/edition": edition})

    return nightly


@dg.definitions
def defs() -> dg.Definitions:
    """The code location, made when Dagster asks for it."""
    dbt_models = build_dbt_assets()
    release_assets = build_release_assets(sorted(dbt_models.keys))
    nightly = dg.AssetSelection.assets(*(key for asset in NIGHTLY for key in asset.keys))
    build = dg.AssetSelection.assets(landing_views, dbt_models, *release_assets)

    captures_job = dg.define_asset_job(
        "captures",
        nightly,
        description="Ask every publisher what is new.",
        executor_def=dg.in_process_executor,
    )
    release_job = dg.define_asset_job(
        "release",
        build,
        description="Build the warehouse from the captures, audit it, publish it.",
        executor_def=dg.in_process_executor,
    )
    refresh_job = dg.define_asset_job(
        "refresh",
        nightly | build,
        description="Captures, then release, in one run: what `clawback refresh` runs.",
        executor_def=dg.in_process_executor,
    )
    return dg.Definitions(
        assets=[*CAPTURE_ASSETS, landing_views, dbt_models, *release_assets],
        # What the UI materializes by hand may publish: the key of a run lives in one process (release/markers.py).
        executor=dg.in_process_executor,
        jobs=[captures_job, release_job, refresh_job],
        schedules=[_nightly(refresh_job)],
        sensors=list(SENSORS),
        resources={
            "options": RefreshOptions(),
            "dbt": dbt_resource(),
        },
    )
