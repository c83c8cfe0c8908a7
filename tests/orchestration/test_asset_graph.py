"""The asset graph as a reviewed snapshot, and the proof that every source is wired.

What belongs here: what Dagster is given to load. What does not: what an asset does when it runs.
"""

from __future__ import annotations

import importlib
import pkgutil
from datetime import UTC, datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster_dbt import DbtCliResource

from orchestration import sources
from orchestration.assets.capture import CAPTURED_CHECK, asset_key, backfill_key, partition_keys
from orchestration.assets.dbt_command import dbt_resource
from orchestration.release.dbt_manifest import BUILD_DIR_VARIABLE, dbt_environment
from orchestration.settings import DBT_PROJECT_DIR, Settings
from orchestration.sources.base import Dataset


@pytest.fixture(scope="session")
def definitions(published: tuple[Settings, dict[str, object]]) -> dg.Definitions:
    """Those of the published home: its dbt project is parsed already."""
    from orchestration.definitions import defs

    settings, _ = published
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLAWBACK_HOME", str(settings.root))
        return defs()


@pytest.fixture(scope="session")
def graph(definitions: dg.Definitions) -> dg.AssetGraph:
    return definitions.resolve_asset_graph()


def test_the_asset_graph_is_the_reviewed_one(graph, snapshot):
    """A change of lineage, group or check shows in review as a change of this snapshot."""
    lines = []
    for key in sorted(graph.get_all_asset_keys(), key=lambda k: k.path):
        node = graph.get(key)
        lines.append(f"{key.to_user_string()} [{node.group_name}]")
        lines.extend(f"  <- {parent.to_user_string()}" for parent in sorted(node.parent_keys, key=lambda k: k.path))
    assert "\n".join(lines) == snapshot


# Modules of the package that publish nothing themselves.
SHARED = {"dated_lists",
    "answers", "base", "fbi_api", "fbi_dates", "fbi_layout", "fbi_links", "fbi_nibrs_archive", "fbi_nibrs_tables",
    "fields", "legistar_files", "legistar_forms", "legistar_wanted",
    "socrata_files", "soda", "states", "tables", "terms", "turns",
}  # fmt: skip


def test_every_module_in_sources_is_registered_or_shared():
    modules = {name for _, name, _ in pkgutil.iter_modules(sources.__path__)} - SHARED
    assert {module.__name__.rpartition(".")[2] for module in sources.MODULES} == modules
    for name in modules:
        module = importlib.import_module(f"orchestration.sources.{name}")
        assert module.DATASETS, f"{name} declares no dataset"
        assert all(name.partition("_")[0] == dataset.source for dataset in module.DATASETS)


@pytest.mark.parametrize("dataset", list(sources.DATASETS.values()), ids=lambda dataset: dataset.id)
class TestEveryDataset:
    def test_has_an_asset_with_a_description_a_check_and_its_publisher(self, dataset: Dataset, definitions, graph):
        key = asset_key(dataset)
        assert key in graph.executable_asset_keys
        spec = next(spec for spec in definitions.resolve_all_asset_specs() if spec.key == key)
        assert spec.group_name == dataset.domain
        assert dataset.publisher in (spec.description or "")
        assert dg.AssetCheckKey(key, CAPTURED_CHECK) in graph.asset_check_keys

    def test_reaches_a_staging_model_the_candidate_and_the_publication(self, dataset: Dataset, graph):
        downstream = _all_below(graph, asset_key(dataset))
        names = {key.path[-1] for key in downstream}
        assert f"stg_{dataset.raw_name}" in names
        assert {"candidate", "published"} <= names

    def test_has_its_staging_quarantine_and_documented_source(self, dataset: Dataset):
        staging = DBT_PROJECT_DIR / "models" / "staging" / dataset.source
        assert (staging / f"base_{dataset.raw_name}.sql").exists()
        assert (staging / f"stg_{dataset.raw_name}.sql").exists()
        assert (DBT_PROJECT_DIR / "models" / "quarantine" / f"quarantine_{dataset.raw_name}.sql").exists()

    def test_can_be_backfilled_where_people_backfill(self, dataset: Dataset, graph):
        if dataset.partitioned_by is None:
            assert backfill_key(dataset) not in graph.get_all_asset_keys()
            return
        node = graph.get(backfill_key(dataset))
        assert node.partitions_def.get_partition_keys() == partition_keys(dataset)


def _all_below(graph, key: dg.AssetKey) -> set[dg.AssetKey]:
    found: set[dg.AssetKey] = set()
    queue = [key]
    while queue:
        for child in graph.get(queue.pop()).child_keys - found:
            found.add(child)
            queue.append(child)
    return found


@pytest.fixture
def nightly(monkeypatch, published):
    """The schedule as it is loaded under these settings, and what it requests at its hour."""

    def load(**environment: str) -> tuple[dg.ScheduleDefinition, object]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("CLAWBACK_HOME", str(published[0].root))
        from orchestration.definitions import defs

        repository = defs().get_repository_def()
        (schedule,) = repository.schedule_defs
        context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, 29, 7, tzinfo=UTC))
        return schedule, schedule.evaluate_tick(context)

    return load


def test_the_night_is_one_run_of_captures_and_release_in_new_york(nightly):
    schedule, tick = nightly(CLAWBACK_EDITION="live")
    assert (schedule.job_name, schedule.execution_timezone) == ("refresh", "America/New_York")
    assert [request.tags["clawback/edition"] for request in tick.run_requests] == ["live"]
    # no publisher is contacted by accident
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED


def test_one_setting_switches_the_nights_on(nightly):
    schedule, _ = nightly(CLAWBACK_SCHEDULE="on", CLAWBACK_EDITION="live")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_a_night_of_the_recorded_edition_is_skipped_and_says_why(nightly):
    _, tick = nightly(CLAWBACK_SCHEDULE="on", CLAWBACK_EDITION="recorded")
    assert tick.run_requests == []
    assert "set CLAWBACK_EDITION=live" in tick.skip_message


def test_a_night_is_one_process(definitions):
    for job in ("captures", "release", "refresh"):
        assert definitions.resolve_job_def(job).executor_def is dg.in_process_executor


def test_what_is_captured_of_others_comes_before_what_asks_by_it(definitions):
    """Matters before their histories, awards before their pages of outlays."""
    before = {d.id: d.after for d in sources.DATASETS.values() if d.after}
    assert before["legistar/histories"] == ("legistar/matters",)
    assert "usaspending/awards" in before["usaspending/award_outlays"]
    graph = definitions.resolve_asset_graph()
    for dataset, others in before.items():
        parents = graph.get(asset_key(sources.get(dataset))).parent_keys
        assert {asset_key(sources.get(other)) for other in others} <= parents


def test_backfills_end_with_the_present(definitions):
    today = datetime.now(ZoneInfo("America/New_York"))
    last = {d.partitioned_by: partition_keys(d)[-1] for d in sources.DATASETS.values() if d.partitioned_by}
    assert last["year"] == str(today.year)
    assert last["fiscal_year"] == f"FY{today.year + (today.month >= 10)}"
    cities = next(d for d in sources.DATASETS.values() if d.partitioned_by == "city_month")
    assert max(key.rpartition(" ")[2] for key in partition_keys(cities)) == f"{today:%Y-%m}"


def test_backfills_begin_where_the_publisher_can_be_asked():
    """A partition before that would be shown as done, with nothing in it; a later beginning leaves years out."""
    by_year = [d for d in sources.DATASETS.values() if d.partitioned_by in ("year", "fiscal_year")]
    assert {dataset.id: partition_keys(dataset)[0] for dataset in by_year} == {
        "bjs/victimizations": "1993", "cops/announcements": "FY2017", "fbi/return_a": "1985", "fbi/table8": "2018",
        "usaspending/awards": "FY2008", "usaspending/transactions": "FY2008",
    }  # fmt: skip


def test_only_capture_assets_are_retried(definitions):
    captures = {asset_key(d) for d in sources.DATASETS.values()}
    captures |= {backfill_key(d) for d in sources.DATASETS.values() if d.partitioned_by}
    for asset in definitions.assets:
        retried = asset.op.retry_policy is not None
        assert retried == bool(set(asset.keys) & captures), asset.keys


def test_steps_that_write_the_warehouse_share_one_pool(definitions):
    pools = {asset.op.name: asset.op.pool for asset in definitions.assets}
    assert {pools[name] for name in ("raw_views", "dbt_models", "candidate", "published")} == {"warehouse"}


def test_telemetry_is_off_in_the_instance_that_we_make(tmp_path, settings):
    from orchestration.running.instance import dagster_home

    home = dagster_home(settings)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert instance.telemetry_enabled is False


def test_dbt_is_told_the_same_paths_in_every_home(tmp_path):
    """Else it parses the whole project again for each home: credentials that have changed void what was parsed."""
    one, other = (dbt_environment(Settings(home=tmp_path / name)) for name in ("one", "other"))
    assert one[BUILD_DIR_VARIABLE] == str(tmp_path / "one" / "build")
    assert {name for name in one if one[name] != other[name]} == {BUILD_DIR_VARIABLE, "DBT_LOG_PATH"}
    assert not any(one[name].startswith("/") for name in one.keys() - {BUILD_DIR_VARIABLE, "DBT_LOG_PATH"})


def test_dagster_dbt_prepares_nothing_that_a_build_does_not_need():
    """Two names that dagster-dbt does not promise to keep: where one is gone, its work is done again, unseen."""
    assert {"_cli_version", "_initialize_dbt_core_adapter"} <= set(dir(DbtCliResource))
    resource = dbt_resource()
    assert str(resource._cli_version) == version("dbt-core")
    assert resource._initialize_dbt_core_adapter(["build"]) is None


def test_every_check_says_what_it_checks(definitions):
    checks = [
        spec for asset in definitions.assets if isinstance(asset, dg.AssetsDefinition) for spec in asset.check_specs
    ]
    assert len(checks) > 500
    assert [spec.name for spec in checks if not (spec.description or "").strip()] == []
    said = {spec.name: spec.description for spec in checks}
    assert said["never_null_dim_tracker"].startswith("Filled in in every row: tracker_key, tracker_code, ")
    assert said["relationships_fct_award_recipient_key__recipient_key__ref_dim_recipient_"] == (
        "Every recipient_key is a recipient_key of dim_recipient."
    )
    # a query of its own says it in its first comment
    assert said["assert_policy_crime_panel_is_balanced"].startswith(
        "Every unit stands in every month of its declared range"
    )
