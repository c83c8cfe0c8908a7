"""Capture assets: one for each dataset, plus a partitioned one for each dataset that people backfill.

What belongs here: turning the capture of a dataset into a Dagster asset with its check, metadata, retries, pool and
freshness policy. What does not: what is requested from a publisher (sources), how a capture is written (landing).
"""

from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import dagster as dg

from orchestration import logs, sources
from orchestration.assets.gate import ending_on_refusals
from orchestration.assets.options import RefreshOptions
from orchestration.landing import object_storage, second_process
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import DatasetRun, capture_dataset
from orchestration.landing.standing import SourceStatus
from orchestration.settings import Settings, default_url
from orchestration.sources.base import Dataset
from orchestration.sources.states import STATES

CAPTURED_CHECK = "captured"


def asset_key(dataset: Dataset) -> dg.AssetKey:
    return dg.AssetKey([dataset.source, dataset.name])


def backfill_key(dataset: Dataset) -> dg.AssetKey:
    return dg.AssetKey([dataset.source, f"{dataset.name}_by_{dataset.partitioned_by}"])


def capture_assets(dataset: Dataset) -> list[dg.AssetsDefinition]:
    """The asset of a dataset that every run captures, after its partitioned backfill if people backfill its slices."""
    nightly = _nightly(dataset)
    return [_backfill(dataset), nightly] if dataset.partitioned_by else [nightly]


def _pool(dataset: Dataset) -> str:
    """The pool that lets one step at a time send requests to a host, across all its datasets."""
    if dataset.base_url_setting is None:
        return "own_tables"
    default = default_url(dataset.base_url_setting)
    if "{domain}" in default:
        # several hosts of one platform: each host has its own rate limits, and one asset requests them in turn
        return dataset.source
    return (urlsplit(default).hostname or dataset.source).replace(".", "_")


def _nightly(dataset: Dataset) -> dg.AssetsDefinition:
    @dg.asset(
        key=asset_key(dataset),
        group_name=dataset.domain,
        deps=_before(dataset),
        description=_description(dataset),
        kinds={"python", "parquet"},
        pool=_pool(dataset),
        retry_policy=dg.RetryPolicy(max_retries=1, delay=60),
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=dataset.max_age + timedelta(days=1), warn_window=dataset.max_age
        ),
        check_specs=[_check_spec(dataset)],
        metadata={"publisher": dataset.publisher, "homepage": dataset.homepage},
    )
    def nightly(context: dg.AssetExecutionContext, options: RefreshOptions) -> dg.MaterializeResult:
        settings = options.settings()
        with logs.of_run(context.run_id), ending_on_refusals(settings):
            object_storage.begin(settings, context.run_id)
            run = second_process.taken(dataset) or capture_dataset(
                dataset,
                settings,
                slice_keys=options.slice_keys(dataset.id),
                accepted=options.accepted_slices(dataset.id),
            )
        return _result(dataset, run, _standing(dataset, settings))

    return nightly


def _before(dataset: Dataset) -> list[dg.AssetKey]:
    """What is captured first. A publisher's fault fails no step: later steps run on earlier captures."""
    backfills = [backfill_key(dataset)] if dataset.partitioned_by else []
    return [*backfills, *(asset_key(sources.get(name)) for name in dataset.after)]


def _backfill(dataset: Dataset) -> dg.AssetsDefinition:
    @dg.asset(
        key=backfill_key(dataset),
        group_name=dataset.domain,
        description=f"The same captures as {dataset.id}, asked for one {dataset.partitioned_by} at a time.",
        kinds={"python", "parquet"},
        pool=_pool(dataset),
        partitions_def=dg.StaticPartitionsDefinition(partition_keys(dataset)),
        retry_policy=dg.RetryPolicy(max_retries=2, delay=300),
    )
    def backfill(context: dg.AssetExecutionContext, options: RefreshOptions) -> dg.MaterializeResult:
        settings = options.settings()
        with logs.of_run(context.run_id), ending_on_refusals(settings):
            object_storage.begin(settings, context.run_id)
            run = capture_dataset(dataset, settings, partition=context.partition_key)
        left = [one for one in run.slices if one.status == "skipped"]
        if run.failures or left:
            # what was not asked for, without a key or with the hour's requests spent, is not there: nothing fills the
            # partition later, and the next minutes change nothing
            what = f"{run.line()}: {left[0].message}" if left else run.line()
            facts = {"dataset_run": dg.MetadataValue.json(run.to_json())}
            raise dg.Failure(what, metadata=facts, allow_retries=not left)
        return _result(dataset, run, _standing(dataset, settings), check=False)

    return backfill


def partition_keys(dataset: Dataset) -> list[str]:
    """The partitions of a dataset's backfill, up to the day on which the definitions are loaded."""
    today = datetime.now(ZoneInfo("America/New_York"))
    if dataset.partitioned_by == "fiscal_year":
        # a federal fiscal year begins in October of the year before
        return [f"FY{year}" for year in range(_first_year(dataset), today.year + (today.month >= 10) + 1)]
    if dataset.partitioned_by == "year":
        return [str(year) for year in range(_first_year(dataset), today.year + 1)]
    if dataset.partitioned_by == "city_month":
        months = {str(slice_.params["city_month"]) for slice_ in dataset.all_slices()}
        return sorted(month for month in months if month.rpartition(" ")[2] <= f"{today:%Y-%m}")
    return [state.postal for state in STATES]


def _first_year(dataset: Dataset) -> int:
    """The first year of which its publisher can be asked."""
    name = str(dataset.partitioned_by)
    return min(int(str(slice_.params[name]).removeprefix("FY")) for slice_ in dataset.all_slices())


def _check_spec(dataset: Dataset) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        CAPTURED_CHECK,
        asset=asset_key(dataset),
        description=(
            "Every slice was captured and accepted, or had not changed, when it was last asked for. Some record serves."
        ),
    )


def _standing(dataset: Dataset, settings: Settings) -> SourceStatus:
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition, only=dataset.id)
    return catalog.status(dataset)


def _result(dataset: Dataset, run: DatasetRun, status: SourceStatus, *, check: bool = True) -> dg.MaterializeResult:
    severity = dg.AssetCheckSeverity.ERROR if run.too_old else dg.AssetCheckSeverity.WARN
    failures = [f"{failure.slice}: {failure.message}" for failure in run.failures]
    result = dg.AssetCheckResult(
        check_name=CAPTURED_CHECK,
        asset_key=asset_key(dataset),
        # a slice that failed on an earlier run and was not requested in this run has still failed; and a source of
        # which nothing serves is not well, however well its publisher answered
        passed=not run.failures and not status.failed and bool(status.records),
        severity=severity,
        metadata={"failures": dg.MetadataValue.json(failures), "too_old": dg.MetadataValue.json(run.too_old),
                  "standing": status.line()},
    )  # fmt: skip
    return dg.MaterializeResult(
        metadata={
            # what serves, not what this run brought
            "dagster/row_count": status.records,
            "records_landed": run.records,
            "summary": run.line(),
            "state": status.state,
            "standing": status.line(),
            "dataset_run": dg.MetadataValue.json(run.to_json()),
        },
        check_results=[result] if check else [],
    )


def _description(dataset: Dataset) -> str:
    fields = "\n".join(f"- `{name}`" for name in dataset.required)
    return f"{dataset.title}\n\nPublisher: {dataset.publisher}. A record must have:\n\n{fields}"
