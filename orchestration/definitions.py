"""The one place where everything is wired for Dagster: assets, checks, jobs, schedules, sensors, resources.

What belongs here: what Dagster loads as the code location. What does not: what an asset does (assets).
"""

import dagster as dg

from orchestration import logs, sources
from orchestration.assets.capture import capture_assets
from orchestration.assets.dbt_command import dbt_resource
from orchestration.assets.options import RefreshOptions
from orchestration.assets.release import build_release_assets
from orchestration.assets.sensors import SENSORS
from orchestration.assets.warehouse import build_dbt_assets, landing_views
from orchestration.settings import Settings

TIMEZONE = "America/New_York"
# Each in the group that its dataset's `domain` names.
CAPTURE_ASSETS = [asset for dataset in sources.DATASETS.values() for asset in capture_assets(dataset)]
# Backfills are started by people, a partition at a time; a run requests what is new.
NIGHTLY = [asset for asset in CAPTURE_ASSETS if asset.partitions_def is None]
# In the daemon's processes, which no command line has set up.
logs.configure(Settings())


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
        executor_def=dg.multi_or_in_process_executor,
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
        schedules=[
            dg.ScheduleDefinition(
                name="nightly_captures", job=captures_job, cron_schedule="0 2 * * *", execution_timezone=TIMEZONE
            ),
            dg.ScheduleDefinition(
                name="nightly_release", job=release_job, cron_schedule="0 4 * * *", execution_timezone=TIMEZONE
            ),
        ],
        sensors=list(SENSORS),
        resources={
            "options": RefreshOptions(),
            "dbt": dbt_resource(),
        },
    )
