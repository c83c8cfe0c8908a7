"""The build: raw views over the captures in use, then every dbt model, with its tests as checks.

What belongs here: running dbt and passing its events on to Dagster. What does not: SQL (dbt_project), the gate
(release).
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject, dbt_assets

from orchestration import engine, sources
from orchestration.assets import check_words, lineage
from orchestration.assets.capture import asset_key
from orchestration.assets.gate import ending_on_refusals, refused
from orchestration.assets.options import RefreshOptions
from orchestration.landing import object_storage, raw_versions, raw_views
from orchestration.landing.catalog import Catalog
from orchestration.landing.proving import unproved
from orchestration.progress import say
from orchestration.release import audit, columns, dbt_manifest, findings, history, markers
from orchestration.release.beginning import Incremental, NothingNew, begin
from orchestration.release.dbt_manifest import dbt_environment
from orchestration.running import runs
from orchestration.settings import Settings

# One step at a time writes the build file.
WAREHOUSE_POOL = "warehouse"
BUILD = ["build", "--exclude-resource-type", "unit_test"]
_PARSED = dbt_manifest.PARTIAL_PARSE
DOMAIN_FOLDERS = ("awards", "ordinances", "crime", "identity")
LANDING_KEYS = [dg.AssetKey(["landing", name]) for name in raw_views.TABLES]


class ClawbackDbtTranslator(DagsterDbtTranslator):
    """Asset groups are the words of the folders: domains before the marts, schemas after. Checks have a sentence."""

    def __init__(self, known_columns: lineage.Kept) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=True, enable_code_references=False))
        self._known_columns = known_columns

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        return spec and spec._replace(description=check_words.sentence(manifest["nodes"][unique_id]))

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        found = lineage.of_definition(dbt_resource_props, self._known_columns)
        return {**super().get_metadata(dbt_resource_props), **found}

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        parts = Path(dbt_resource_props["original_file_path"]).parts
        if "seeds" in parts:
            return "reference"
        if "staging" in parts:
            return _domain_of(parts[parts.index("staging") + 1])
        if "quarantine" in parts:
            return "quarantine"
        return next((part for part in parts if part in (*DOMAIN_FOLDERS, "core", "analysis", "meta")), "raw_views")


def _domain_of(source: str) -> str:
    return next((d.domain for d in sources.DATASETS.values() if d.source == source), "reference")


@cache
def manifest_path() -> Path:
    """The manifest of the project as it is now, where the environment says (dbt_manifest.parsed)."""
    return dbt_manifest.parsed(Settings())


@dg.multi_asset(
    name="raw_views",
    specs=[
        dg.AssetSpec(
            key,
            group_name="raw_views",
            deps=[asset_key(dataset) for dataset in sources.DATASETS.values()],
            skippable=True,
            description=f"raw.{key.path[-1]} and one view a dataset over the captures that serve this build.",
            kinds={"duckdb"},
        )
        for key in LANDING_KEYS
    ],
    pool=WAREHOUSE_POOL,
)
def landing_views(context: dg.AssetExecutionContext, options: RefreshOptions) -> Iterator[dg.MaterializeResult]:
    """A fresh build file with the raw views; nothing at all where the last release knew the same captures."""
    settings = options.settings()
    try:
        audit.refuse_unknown(settings, options.accepted_checks())
    except sources.NoSuch as unknown:
        raise dg.Failure(str(unknown.args[0]), allow_retries=False) from unknown
    try:
        engine.chosen(settings).require()
    except engine.EngineMissing as missing:
        raise dg.Failure(str(missing), allow_retries=False) from missing
    with ending_on_refusals(settings):
        object_storage.begin(settings, context.run_id)
    catalog = options.catalog(settings)
    say(catalog.checked_line())
    for damaged in catalog.damaged():
        say(f"  damaged: {damaged.line()}")
    last = history.last_release(settings)
    # landed again into an empty folder they are what their payloads say; forged with their digests they are not
    rewritten = set(catalog.rewritten(last.known)) if last else set()
    forged = [one.capture_id for one in catalog.captures() if one.capture_id in rewritten and unproved(catalog, one)]
    if last and forged:
        finding = findings.Finding("rewritten captures", history.rewritten_line(last, forged), "clawback doctor")
        raise refused(findings.GateRefused([finding]))
    with ending_on_refusals(settings):
        begun = begin(settings, catalog, run_id=context.run_id, force=options.force)
        if isinstance(begun, NothingNew):
            context.log.info("nothing new since release %s: dbt is not run", begun.release)
            say(f"nothing new since release {begun.release}: it stays published, dbt is not run")
            return
        if isinstance(begun, Incremental):
            say("the last build is kept: only what changed is made again, and every check runs")
        yield from _create_views(settings, catalog)


def _create_views(settings: Settings, catalog: Catalog) -> Iterator[dg.MaterializeResult]:
    engine.chosen(settings).make_raw(settings, catalog)
    with duckdb.connect(str(settings.build_file), read_only=True) as connection:
        for key in LANDING_KEYS:
            (rows,) = connection.execute(f"select count(*) from raw.{key.path[-1]}").fetchone() or (0,)
            yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": rows})


def build_dbt_assets() -> dg.AssetsDefinition:
    """Every model and seed as an asset, every test as a check, from the manifest."""
    translator = ClawbackDbtTranslator(lineage.kept(Settings().dbt_target_dir))

    @dbt_assets(
        manifest=manifest_path(),
        name="dbt_models",
        pool=WAREHOUSE_POOL,
        dagster_dbt_translator=translator,
    )
    def dbt_models(context: dg.AssetExecutionContext, dbt: DbtCliResource, options: RefreshOptions) -> Iterator[Any]:
        settings = options.settings()
        with ending_on_refusals(settings):
            yield from _build(context, dbt, settings, translator)

    return dbt_models


def _build(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, settings: Settings, translator: DagsterDbtTranslator
) -> Iterator[Any]:
    """One `dbt build`, with its results reported to Dagster.

    Unit tests are left out, as dbt advises: they hold the SQL over rows of their own and read nothing that was
    captured, so that they say the same every night. `make test` runs them.
    """
    try:
        # before hours of work, in a file that is another run's by now
        markers.must_not_be_taken_over(settings, context.run_id)
    except findings.GateRefused as refusal:
        raise refused(refusal) from refusal
    os.environ.update(dbt_environment(settings))
    os.environ.setdefault(runs.RUN_VARIABLE, context.run_id)
    _reuse_parse(settings)
    invocation = dbt.cli(BUILD, context=context, target_path=settings.dbt_target_dir, raise_on_error=False)
    # While dbt writes, nobody else may open the file: what dbt does not count, and all that comes after it, waits.
    uncounted: list[lineage.Event] = []
    try:
        for event in _watched(lineage.counted(invocation)):
            if event.is_counted and not uncounted:
                yield event.told()
            else:
                uncounted.append(event)
    finally:
        # What breaks off here, such as a disk that takes none of Dagster's records, must not leave dbt writing.
        if invocation.process.poll() is None:
            invocation.process.kill()
            invocation.process.wait()
    engine.chosen(settings).collect(settings)
    _keep_parse(settings)
    results = _read_json(settings.dbt_target_dir / "run_results.json")
    compiled = {result["unique_id"]: result.get("compiled_code") for result in results.get("results", [])}
    manifest = _read_json(settings.dbt_target_dir / "manifest.json") or _read_json(manifest_path())
    built = columns.read_build(settings.build_file)
    if kept := raw_versions.tables_kept(settings.build_file):
        say(f"  {kept} of the tables are kept from the last build: nothing that they are made of changed")
    code = history.code_digest()
    parents = columns.all_parents(manifest, compiled, built.columns, kept_in=settings.dbt_target_dir, code=code)
    columns.keep(settings.dbt_target_dir, results.get("metadata", {}).get("invocation_id"), parents)
    lineage.keep(settings.dbt_target_dir, manifest, built, parents, translator)
    yield from (event.told(built.rows) for event in uncounted)
    try:
        audit.refuse_failed_build(settings)
    except findings.GateRefused as refusal:
        raise refused(refusal) from refusal


def _watched(events: Iterator[lineage.Event]) -> Iterator[lineage.Event]:
    """The events as they come, with a line now and then for whoever waits."""
    models = checks = 0
    for event in events:
        if event.is_check:
            checks += 1
        else:
            models += 1
        if (models + checks) % 100 == 0:
            say(f"  dbt: {models} tables and views, {checks} checks so far")
        yield event
    say(f"  dbt: {models} tables and views built, {checks} checks run")


def _reuse_parse(settings: Settings) -> None:
    settings.dbt_target_dir.mkdir(parents=True, exist_ok=True)
    for stale in ("run_results.json", "manifest.json"):
        (settings.dbt_target_dir / stale).unlink(missing_ok=True)
    kept = _kept_parse(settings)
    # what was parsed for another target still spares dbt the reading of files
    partial = kept if kept.exists() else dbt_manifest.partial_parse(settings)
    if partial.exists():
        shutil.copy2(partial, settings.dbt_target_dir / _PARSED)


def _keep_parse(settings: Settings) -> None:
    """What dbt parsed for another target than the manifest's own, for the next build: it parses anew otherwise."""
    parsed, kept = settings.dbt_target_dir / _PARSED, _kept_parse(settings)
    if kept.name != _PARSED and parsed.exists():
        shutil.copy2(parsed, kept)


def _kept_parse(settings: Settings) -> Path:
    return dbt_manifest.partial_parse(settings).parent / (
        _PARSED if settings.engine == "duckdb" else f"{settings.engine}_{_PARSED}"
    )


def _read_json(path: Path) -> dict[str, Any]:
    """Empty where dbt left no such file, or was stopped while it wrote it."""
    try:
        parsed: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return parsed
