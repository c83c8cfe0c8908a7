"""The price of one more: a city, a tracker, a publisher, a council and a column, each added to a copy of the project.

What belongs here: what a person writes by hand, counted in files, and that a refresh then publishes it. What does not:
the forms of declarations (test_declared), how publishers behave on the wire (tests/sources).
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from orchestration.adding import skeleton
from orchestration.adding.rendered import write
from orchestration.settings import PROJECT_ROOT

DRIVER = Path(__file__).with_name("driver.py")
CITY = "testville-ab12-cd34"
# The answers, by hand: what the city's server counts, and what the offence codes make of it.
GROUPS = [
    {"month": "2026-09-01T00:00:00.000", "offense": "RAPE", "n": "3", "newest": "2026-09-30T00:00:00.000"},
    {"month": "2026-09-01T00:00:00.000", "offense": "THEFT", "n": "40", "newest": "2026-09-29T00:00:00.000"},
    {"month": "2026-10-01T00:00:00.000", "offense": "THEFT", "n": "7", "newest": "2026-10-02T00:00:00.000"},
]
LIST = "place,state\nSample City,Ohio\nOther City,Maine\n"
WARRANTS = [{"id": "W1", "name": "first"}, {"id": "W2", "name": "second"}, {"id": "", "name": "nameless"}]


AWARD = {
    "Award ID": "15JCOPS24GG00001UHPX", "Recipient Name": "SAMPLE CITY", "Award Amount": 125000.0,
    "generated_internal_id": "ASST_NON_15JCOPS24GG00001UHPX_015", "Start Date": "2024-10-01", "End Date": "2029-09-30",
    "Last Modified Date": "2024-10-02", "Base Obligation Date": "2024-09-20", "CFDA Number": "16.710",
    "Awarding Agency": "Department of Justice", "Awarding Agency Code": "015", "Funding Agency": "Department of Sample",
}  # fmt: skip


def digests(project: Path) -> dict[str, str]:
    """The files of a project, each with the sha256 of its bytes."""
    files = (path for folder in ("orchestration", "dbt_project") for path in (project / folder).rglob("*"))
    return {
        str(path.relative_to(project)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file() and not {"__pycache__", "target", "logs"} & set(path.parts)
    }


def edit(path: Path, **replaced: str) -> None:
    """Replace texts, each of which must be there, in a file."""
    text = path.read_text(encoding="utf-8")
    for old, new in replaced.items():
        assert old in text, (path, old)
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def replace(path: Path, old: str, new: str) -> None:
    edit(path, **{old: new})


def add_city(project: Path) -> None:
    skeleton.create("city", CITY, project)
    path = project / "orchestration" / "declared" / "cities" / f"{CITY}.toml"
    edit(
        path, todo_report_number="report_no", todo_reported="day_reported", todo_occurred="day_occurred",
        todo_offense="offense", **{"data.example.gov": "data.testville.invalid", '"0000000"': '"3651000"'},
    )  # fmt: skip
    with (project / "dbt_project/seeds/incident_offense_codes.csv").open("a", encoding="utf-8") as seed:
        seed.write("Testville incidents,RAPE,,sexual_assault,false,Rape,Testville's own list\n")


def add_tracker(project: Path) -> None:
    skeleton.create("tracker", "watchers/watch_list", project)


def add_source(project: Path) -> None:
    skeleton.create("source", "marshals/open_warrants", project)


def add_council(project: Path) -> None:
    skeleton.create("council", "testville", project)
    edit(project / "dbt_project/seeds/council_clients.csv", **{
        "TODO: name and state of the jurisdiction,0000000": '"New York city, New York",3651000',
    })  # fmt: skip


def add_column(project: Path) -> None:
    """A field of Chicago's matters that nobody has asked for: captured, typed, documented."""
    replace(project / "orchestration/sources/elms.py", '"filingSponsor", ', '"filingSponsor", "fileYear", ')
    staging = project / "dbt_project/models/staging/elms"
    field = '          - {name: "filingSponsor"'
    new = '          - {name: "fileYear", quote: true, description: "Year of the file. Text as it came."}\n'
    replace(staging / "_elms__sources.yml", field, new + field)
    typed = "        {{ text_field('title') }} as title,\n"
    replace(staging / "base_elms__matters.sql", typed, typed + "        {{ text_field('fileYear') }} as file_year,\n")
    column = "      - {name: title,"
    new = '      - {name: file_year, description: "Year of the file; null if the matter has none."}\n'
    replace(staging / "base_elms__matters.yml", column, new + column)


def add_fact_column(project: Path) -> None:
    """A field of USAspending's search that nobody has asked for: captured, typed, handed on to core.fct_award."""
    module = project / "orchestration/sources/usaspending.py"
    edit(module, **{
        '"Recipient Location",\n    "Primary': '"Recipient Location",\n    "Funding Agency", "Primary',
        '"def_codes", *(f"Recipient': '"def_codes", "Funding Agency",\n        *(f"Recipient',
    })  # fmt: skip
    field = '          - {name: "Award Type", quote: true'
    new = (
        '          - {name: "Funding Agency", quote: true,'
        " description: \"{{ doc('funding_agency__any__as_it_came') }}\","
        " config: {meta: {passed: {name: funding_agency, type: string}}}}\n"
    )
    replace(project / "dbt_project/models/staging/usaspending/_usaspending__sources.yml", field, new + field)
    entry = "gap_points = {"
    said = 'funding_agency = {means = "Department whose money it is.", null = "Null where the search does not say."}\n'
    replace(project / "dbt_project/columns.toml", f"\n{entry}", f"\n{said}{entry}")


# What each may cost, in files written by hand: a new one, or one with a line more.
PRICES: dict[str, tuple[Callable[[Path], None], int]] = {
    "city": (add_city, 2),
    "tracker": (add_tracker, 4),
    "source": (add_source, 5),
    "council": (add_council, 1),
    "column": (add_column, 4),
    "column of a fact": (add_fact_column, 3),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's code."""
    folder = tmp_path_factory.mktemp("adding") / "project"
    ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
    for name in ("orchestration", "dbt_project", "tools"):
        shutil.copytree(PROJECT_ROOT / name, folder / name, ignore=ignored)
    shutil.copy(PROJECT_ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture(scope="module")
def written(project: Path) -> dict[str, set[str]]:
    """Each addition, and the files that were written by hand for it; the derived ones are written after each."""
    found = {}
    for kind, (add, _) in PRICES.items():
        before = digests(project)
        add(project)
        after = digests(project)
        found[kind] = {path for path, digest in after.items() if before.get(path) != digest}
        derived = write(project / "dbt_project", project / "orchestration/declared/cities")
        assert {f"dbt_project/{path}" for path in derived} & found[kind] == set(), "what is derived is not by hand"
    command = [sys.executable, "-m", "tools.column_dictionary"]
    subprocess.run(command, cwd=project, env={**os.environ, "PYTHONPATH": str(project)}, check=True)
    return found


@pytest.mark.parametrize("kind", PRICES)
def test_one_more_costs_no_more_files_than_it_may(written, kind):
    assert len(written[kind]) == PRICES[kind][1], sorted(written[kind])


def test_a_council_is_one_line(project, written):
    seed = "dbt_project/seeds/council_clients.csv"
    before = (PROJECT_ROOT / seed).read_text(encoding="utf-8")
    after = (project / seed).read_text(encoding="utf-8")
    assert after.startswith(before)
    assert len(after[len(before) :].splitlines()) == 1


def test_what_was_added_passes_lint(project, written):
    models = [str(project / path) for paths in written.values() for path in paths if path.endswith(".sql")]
    modules = [str(project / path) for paths in written.values() for path in paths if path.endswith(".py")]
    assert len(models) == 5
    assert len(modules) == 4
    tool = Path(sys.executable).parent
    config = str(PROJECT_ROOT / "pyproject.toml")
    for command in (
        [tool / "ruff", "check", "--config", config, *modules],
        [tool / "ruff", "format", "--check", "--config", config, *modules],
        [tool / "sqlfluff", "lint", "--disable-progress-bar", "--config", config, *models],
        [sys.executable, "-m", "orchestration.adding", "--check"],
    ):
        done = subprocess.run([str(word) for word in command], cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def answer(request: Request) -> Response:
    """All publishers: the city's counts, the list, the warrants, one award."""
    if request.path.endswith("/spending_by_award_count/"):
        return Response(json.dumps({"results": {"grants": 1}}), content_type="application/json")
    if request.path.endswith("/spending_by_award/"):
        assert "Funding Agency" in request.get_json()["fields"]
        answered = {"results": [AWARD], "page_metadata": {"hasNext": False}}
        return Response(json.dumps(answered), content_type="application/json")
    if request.path.startswith("/resource/"):
        groups = [{"n": str(sum(int(group["n"]) for group in GROUPS))}]
        if "$group" in request.args:
            groups = GROUPS[int(request.args["$offset"]) :]
        return Response(json.dumps(groups), content_type="application/json")
    if request.path == "/list.csv":
        return Response(LIST, content_type="text/csv")
    return Response(json.dumps(WARRANTS), content_type="application/json")


@pytest.fixture(scope="module")
def built(
    project: Path, written: dict[str, set[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The copy's own captures of what was added, and what its own dbt project makes of them."""
    home = tmp_path_factory.mktemp("adding-home")
    with HTTPServer() as server:
        server.expect_request("/list.csv").respond_with_handler(answer)
        server.expect_request("/open_warrants").respond_with_handler(answer)
        for name in ("spending_by_award", "spending_by_award_count"):
            server.expect_request(f"/search/{name}/").respond_with_handler(answer)
        server.expect_request("/resource/ab12-cd34.json").respond_with_handler(answer)
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("CLAWBACK_", "DAGSTER_"))}
        urls = {"watchers_url": server.url_for("/list.csv"), "marshals_url": server.url_for("").rstrip("/")}
        environment = {
            **clean, "PYTHONPATH": str(project), "CLAWBACK_HOME": str(home), "CLAWBACK_EDITION": "live",
            "CLAWBACK_CONTACT": "synthetic@example.org",
            "CLAWBACK_SOCRATA_URL": server.url_for("").rstrip("/"), "CLAWBACK_URLS": json.dumps(urls),
            "CLAWBACK_USASPENDING_URL": server.url_for("").rstrip("/"), "CLAWBACK_REQUEST_DEADLINE": "5",
        }  # fmt: skip
        slices = [
            "watchers/watch_list=list", "marshals/open_warrants=all", "socrata/incident_months=ab12-cd34",
            "usaspending/awards=grants:FY2024",
        ]  # fmt: skip
        models = [
            "+fct_marshals_open_warrants", "quarantine_marshals__open_warrants", "+fct_tracker_listing",
            "+fct_incident_month_total", "+dim_tracker", "+dim_offense", "council_clients", "declared_holdings",
            "+stg_elms__matters", "+fct_award", "quarantine_usaspending__awards",
        ]  # fmt: skip
        done = subprocess.run(
            [sys.executable, str(DRIVER), *slices, "--", *models],
            cwd=project, env=environment, capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    connection = duckdb.connect(str(home / "build" / "warehouse.duckdb"), read_only=True)
    yield connection
    connection.close()


class TestARefreshPublishes:
    def test_the_citys_months_by_offense_family(self, built):
        rows = built.execute(
            "select month_start::text, o.offense_code, reports from core.fct_incident_month_total as f"
            " join core.dim_offense as o using (offense_key)"
            " where series = 'Testville incidents' and victim_group = 'citywide' order by all"
        ).fetchall()
        assert rows == [
            ("2026-09-01", "all_reports", 43), ("2026-09-01", "sexual_assault", 3),
            ("2026-10-01", "all_reports", 7), ("2026-10-01", "sexual_assault", 0),
        ]  # fmt: skip

    def test_the_trackers_names_as_listings_with_its_verdict(self, built):
        rows = built.execute(
            "select l.listed_name, l.state_code, t.verdict from core.fct_tracker_listing as l"
            " join core.dim_tracker as t using (tracker_key) where tracker_code = 'watchers' order by all"
        ).fetchall()
        assert rows == [("Other City", "ME", "sanctuary"), ("Sample City", "OH", "sanctuary")]

    def test_the_publishers_records_and_what_could_not_be_typed(self, built):
        rows = built.execute("select record_id, record_name from core.fct_marshals_open_warrants order by all")
        assert rows.fetchall() == [("W1", "first"), ("W2", "second")]
        rows = built.execute("select _reject_reason, id, name from quarantine.marshals__open_warrants").fetchall()
        assert rows == [("no id", "", "nameless")]

    def test_what_each_of_the_two_is_a_part_of(self, built):
        rows = built.execute(
            "select dataset, unit, how_to_get from reference.declared_holdings"
            " where dataset in ('watchers__watch_list', 'marshals__open_warrants') order by all"
        ).fetchall()
        assert rows == [
            ("marshals__open_warrants", "TODO: what is counted", "clawback refresh --live --source marshals"),
            ("watchers__watch_list", "TODO: what is counted", "clawback refresh --live --source watchers"),
        ]

    def test_the_council_in_its_register(self, built, project):
        (row,) = built.execute(
            "select geoid, access from reference.council_clients where client = 'testville'"
        ).fetchall()
        assert row == ("3651000", "keyless")
        with (project / "dbt_project/seeds/council_clients.csv").open(encoding="utf-8", newline="") as stream:
            assert "testville" in {row["client"] for row in csv.DictReader(stream)}

    def test_the_column_in_staging(self, built):
        columns = built.execute("select column_name from duckdb_columns() where table_name = 'stg_elms__matters'")
        assert ("file_year",) in columns.fetchall()

    def test_the_column_in_the_fact(self, built, project):
        rows = built.execute("select fain, funding_agency, obligated_amount from core.fct_award").fetchall()
        assert rows == [("15JCOPS24GG00001UHPX", "Department of Sample", 125000)]
        means = (project / "dbt_project/models/marts/core/fct_award.yml").read_text(encoding="utf-8")
        assert '{name: funding_agency, data_type: "string", description: "{{ doc(\'funding_agency\') }}"}' in means
