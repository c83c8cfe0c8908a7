"""The last two assets of a run: the finished candidate, and the published release.

What belongs here: the two assets. What does not: what the gate requires, and how a release is made (release).
"""

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg

from orchestration.assets.gate import ending_on_refusals, refused
from orchestration.assets.options import RefreshOptions
from orchestration.assets.warehouse import WAREHOUSE_POOL
from orchestration.progress import say
from orchestration.release import audit, findings, markers, publish
from orchestration.site import build

# The night starts at 02:00, and the release when its captures have ended: the file must be new by 07:00.
_DEADLINE_WINDOW = timedelta(hours=7)


def build_release_assets(model_keys: Sequence[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """`candidate` after every model, `published` after the candidate."""

    @dg.asset(
        key=dg.AssetKey("candidate"),
        deps=model_keys,
        group_name="release",
        pool=WAREHOUSE_POOL,
        kinds={"duckdb"},
        description="build/warehouse.duckdb sealed: the run that made it, its hash, the captures it used.",
    )
    def candidate(context: dg.AssetExecutionContext, options: RefreshOptions) -> dg.MaterializeResult:
        settings = options.settings()
        try:
            with ending_on_refusals(settings):
                marker = markers.seal(settings, run_id=context.run_id)
        except findings.GateRefused as refusal:
            raise refused(refusal) from refusal
        return dg.MaterializeResult(
            metadata={"sha256": marker.sha256, "captures": len(marker.captures), "edition": marker.edition}
        )

    @dg.asset(
        key=dg.AssetKey("published"),
        deps=[candidate],
        group_name="release",
        pool=WAREHOUSE_POOL,
        kinds={"duckdb", "parquet"},
        description="The release that readers see. The gate is the publisher's own: it audits whoever starts it.",
        freshness_policy=dg.FreshnessPolicy.cron(
            deadline_cron="0 7 * * *", lower_bound_delta=_DEADLINE_WINDOW, timezone="America/New_York"
        ),
    )
    def published(context: dg.AssetExecutionContext, options: RefreshOptions) -> dg.MaterializeResult:
        settings = options.settings()
        say("auditing the candidate")
        try:
            with ending_on_refusals(settings):
                report = audit.audit(settings, run_id=context.run_id, accepted=options.accepted_checks())
                release = publish.publish(settings, report, companions=[build.write])
        except findings.GateRefused as refusal:
            raise refused(refusal) from refusal
        say(f"published release {release.id}")
        return dg.MaterializeResult(
            metadata={
                "release": release.id,
                "path": dg.MetadataValue.path(str(release.path)),
                "checks_passed": report.passed,
                "checks_warned": report.warned,
            }
        )

    return [candidate, published]
