"""What Dagster's pages show of a home that a refresh of the command line made: asked of the real web server.

What belongs here: one server over one home, and the questions that the pages ask it. What does not: the server's
database and units (test_operating), the proxy (tests/sharing).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.nights.conftest import free_port

Ask = Callable[..., dict[str, Any]]
SECONDS_TO_START = 240


@pytest.fixture(scope="module")
def ask(refreshed, tmp_path_factory) -> Iterator[Ask]:
    """GraphQL over the pages of a copy of the refreshed home: its records, and what dbt left."""
    original, _ = refreshed
    home = tmp_path_factory.mktemp("pages") / "home"
    shutil.copytree(original.dagster_home, home / "dagster", ignore=shutil.ignore_patterns("storage"))
    (home / "build" / "dbt").mkdir(parents=True)
    shutil.copy2(original.dbt_target_dir / "columns.json", home / "build" / "dbt")
    port, log = free_port(), home / "ui.log"
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CLAWBACK_", "DAGSTER_"))}
    pages = subprocess.Popen(
        [str(Path(sys.executable).with_name("clawback")), "ui", "--read-only", "--port", str(port)],
        env={**clean, "CLAWBACK_HOME": str(home)}, stdout=log.open("wb"), stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip

    def answer(query: str, **variables: object) -> dict[str, Any]:
        asked = {"query": query, "variables": variables}
        found = requests.post(f"http://127.0.0.1:{port}/graphql", json=asked, timeout=120).json()
        assert not found.get("errors"), found
        return dict(found["data"])

    end = time.monotonic() + SECONDS_TO_START
    try:
        while True:
            assert pages.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < end, log.read_text()[-3000:]
            with suppress(requests.ConnectionError):
                requests.get(f"http://127.0.0.1:{port}/server_info", timeout=5)
                break
            time.sleep(0.3)
        yield answer
    finally:
        with suppress(ProcessLookupError):
            os.killpg(pages.pid, signal.SIGTERM)
        pages.wait(timeout=60)


# The timeline's own query. Of the answer it leaves out each run without an origin and shows the rest by the jobs of the
# workspace.
_TIMELINE = """query CompletedRunTimelineQuery($completedFilter: RunsFilter!, $limit: Int!) {
  completed: runsOrError(filter: $completedFilter, limit: $limit) { ... on Runs { results {
    id pipelineName status startTime endTime repositoryOrigin { repositoryName repositoryLocationName } } } }
  workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError {
    ... on RepositoryLocation { repositories { name jobs { name } } } ... on PythonError { message } } } } } }"""


def test_a_refresh_of_the_command_line_is_on_the_timeline(ask: Ask, refreshed) -> None:
    _, account = refreshed
    found = ask(_TIMELINE, completedFilter={"statuses": ["SUCCESS", "FAILURE", "CANCELED"], "updatedAfter": 0}, limit=9)
    jobs = {
        (repository["name"], entry["name"], job["name"])
        for entry in found["workspaceOrError"]["locationEntries"]
        for repository in entry["locationOrLoadError"]["repositories"]
        for job in repository["jobs"]
    }
    (run,) = found["completed"]["results"]
    assert (run["id"], run["status"]) == (account["run_id"], "SUCCESS")
    assert run["endTime"] > run["startTime"]
    origin = run["repositoryOrigin"]
    assert origin is not None
    assert (origin["repositoryName"], origin["repositoryLocationName"], run["pipelineName"]) in jobs


_COLUMNS = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
  metadataEntries { label __typename
    ... on TableSchemaMetadataEntry { schema { columns { name type description } } }
    ... on TableColumnLineageMetadataEntry { lineage { columnName columnDeps { columnName assetKey { path } } } } }
  assetMaterializations(limit: 1) { metadataEntries { label ... on IntMetadataEntry { intValue } } } } } }"""


def test_the_columns_of_a_table_and_what_they_are_computed_from_are_metadata_of_the_asset(ask: Ask) -> None:
    node = ask(_COLUMNS, key={"path": ["core", "fct_award"]})["assetNodeOrError"]
    entries = {entry["label"]: entry for entry in node["metadataEntries"]}
    columns = {column["name"]: column for column in entries["dagster/column_schema"]["schema"]["columns"]}
    assert columns["obligated_amount"]["type"] == "DECIMAL(18,2)"
    assert columns["obligated_amount"]["description"]
    lineage = {each["columnName"]: each["columnDeps"] for each in entries["dagster/column_lineage"]["lineage"]}
    assert lineage.keys() == columns.keys()
    assert lineage["obligated_amount"]
    (made,) = node["assetMaterializations"]
    assert {entry["label"]: entry.get("intValue") for entry in made["metadataEntries"]}["dagster/row_count"] == 83


_CHECKS = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode { groupName
  assetChecksOrError { ... on AssetChecks { checks { name description
    executionForLatestMaterialization { status } } } } } } }"""


def test_each_check_of_a_table_has_its_sentence_and_its_result(ask: Ask) -> None:
    node = ask(_CHECKS, key={"path": ["core", "fct_award"]})["assetNodeOrError"]
    checks = node["assetChecksOrError"]["checks"]
    assert len(checks) > 5
    assert {check["executionForLatestMaterialization"]["status"] for check in checks} == {"SUCCEEDED"}
    assert [check["name"] for check in checks if not check["description"]] == []
