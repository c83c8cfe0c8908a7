"""Trackers from captures to spells and to who lists whom: a new one added, ICE's real history, a withdrawn list.

What belongs here: one build of the real dbt project, copied and with a synthetic tracker added to it, over a landing
folder of imports. What does not: the forms of the publishers' files (tests/sources).
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration import sources
from orchestration.adding.rendered import write
from orchestration.landing import land
from orchestration.landing.imports import import_files
from orchestration.recorded.workbooks import workbook
from orchestration.settings import DBT_PROJECT_DIR, Settings
from orchestration.sources.base import Dataset, Slice
from orchestration.sources.fields import TEXT, typed
from orchestration.sources.tables import csv_records
from orchestration.wire import Payload
from tests.building import build_part

DHS = sources.get("dhs/sanctuary_list")
ICE = sources.get("ice/agreements_287g")


class SyntheticList(Dataset):
    """The one module that a new tracker is."""

    source = "synth"
    name = "watch_list"
    domain = "ordinances"
    title = "A synthetic list"
    publisher = "Synthetic Watchers"
    homepage = "https://synthetic.invalid/list"
    policy = "snapshot"
    required = ("place", "st")
    types = typed({"place": TEXT, "st": TEXT})
    max_unreadable = 0.0
    max_age = timedelta(days=7)

    def slices(self, settings, known):
        return [Slice("list")]

    def pull(self, web, settings, slice_, known):
        yield web.get("https://synthetic.invalid/list")

    def cut(self, payload):
        yield from csv_records(self, payload)


# The one staging model, with the columns that every tracker's has; its base model is what any dataset has.
BASE = """with typed as (
    select {{ text_field('place') }} as listed_name, {{ text_field('st') }} as state_as_printed,
        case when {{ text_field('place') }} is null then 'no name' end as _reject_reason,
        _capture_id, _payload_id, _record_no
    from {{ source('raw', 'synth__watch_list') }}
)
,
{{ with_fate('typed', key=['listed_name', 'state_as_printed'], content=['listed_name', 'state_as_printed']) }}
"""
STAGING = """select state_as_printed, listed_name, 'place' as listed_level, 'place' as hint,
    cast(null as {{ dbt.type_string() }}) as county_name, cast(null as {{ dbt.type_string() }}) as support_type,
    cast(null as date) as signed_on, cast(null as {{ dbt.type_string() }}) as signed_unread,
    _capture_id, _payload_id, _record_no, _kind, _retrieved_at
from {{ ref('base_synth__watch_list') }}
where _fate = 'staged'
"""
SOURCE = """version: 2
sources:
  - name: raw
    schema: raw
    tables:
      - name: synth__watch_list
        description: "Grain: one row per record. Synthetic."
        config:
          meta:
            tracker: {tracker_code: synth, tracker_name: Synthetic list, publisher: Synthetic Watchers,
              stance: names places, verdict: sanctuary, definition: A synthetic definition, homepage: "",
              names: jurisdictions,
              ledger_instrument: "", lasts: until the next list, holds: the whole list,
              listed_means: Somebody watches it, not_listed_means: Nobody says}
"""


def add_tracker(project: Path) -> None:
    """What a person does who adds a tracker: its source and its two models; the rest is generated."""
    staging = project / "models" / "staging" / "synth"
    staging.mkdir()
    (staging / "_synth__sources.yml").write_text(SOURCE, encoding="utf-8")
    (staging / "base_synth__watch_list.sql").write_text(BASE, encoding="utf-8")
    (staging / "stg_synth__watch_list.sql").write_text(STAGING, encoding="utf-8")
    write(project)


def synthetic(settings: Settings, day: str, rows: str) -> None:
    when = datetime.fromisoformat(day).replace(tzinfo=UTC)
    payload = Payload(f"place,st\n{rows}".encode(), "https://synthetic.invalid/list", when, media_type="text/csv")
    outcome = land.write(
        SyntheticList(), Slice("list"), [payload], landing_dir=settings.landing_dir, kind="fetched", edition="live",
        retrieved_at=when,
    )  # fmt: skip
    assert outcome.status == "landed", outcome.message


def bring(settings: Settings, folder: Path, real: Path) -> None:
    """The landing folder: the synthetic list, Homeland Security's twice by import, ICE's workbooks."""
    synthetic(settings, "2025-05-01", "Sample,Ohio\nOld Sample,ME\n")
    synthetic(settings, "2025-05-30T02:00:00", "SAMPLE,OH\nOld Sample,ME\nNew Sample,ME\n")
    synthetic(settings, "2025-05-30T20:00:00", "SAMPLE,OH\nNew Sample,ME\n")
    synthetic(settings, "2025-06-03", "Sample,OH\nNew Sample,ME\n")
    header = "state,level_heading,jurisdiction_as_printed\n"
    for name, rows, day in (("a.csv", "Ohio,city,Sample\nUtah,city,Sample\n", 29), ("b.csv", "", 31)):
        (folder / name).write_text(header + rows, encoding="utf-8")
        (result,) = import_files(DHS, [folder / name], settings, retrieved_at=datetime(2025, 5, day, tzinfo=UTC))
        assert result.ok, result.line()
    books = sorted((real / "trackers" / "ice_287g").glob("*.xlsx")) if real.is_dir() else []
    # A cut-off file between two real ones, newest first: it is on hold, and cuts no spell.
    cut_off = folder / "participatingAgencies-20250301000000.xlsx"
    head = ["STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED"]
    cut_off.write_bytes(workbook([head, *(["OHIO", f"Synthetic {n} Police", "X", "2020-01-01"] for n in range(60))]))
    for file in reversed([*books, *([cut_off] if books else [])]):
        (result,) = import_files(ICE, [file], settings)
        assert result.ok, result.line()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, real: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """One build of the trackers' part of the project with the synthetic tracker in it."""
    folder = tmp_path_factory.mktemp("trackers")
    settings = Settings(home=folder / "home", edition="live")
    bring(settings, folder, real)
    project = folder / "dbt_project"
    shutil.copytree(DBT_PROJECT_DIR, project, ignore=shutil.ignore_patterns("target", "logs", "__pycache__"))
    add_tracker(project)
    done = build_part(
        settings, "--quiet", "--indirect-selection", "cautious", "--select", "+mart_tracker_agreement",
        "assert_every_printed_name_has_a_spell", "assert_every_agreement_of_the_last_snapshot_is_listed",
        "--exclude", "test_type:generic", datasets=[*sources.DATASETS.values(), SyntheticList()], project=project,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    connection = duckdb.connect(str(settings.build_file), read_only=True)
    yield connection
    connection.close()


class TestANewTracker:
    def test_is_a_module_a_staging_model_and_a_row_in_dim_tracker(self, built):
        told = built.execute(
            "select tracker_name, verdict from core.dim_tracker where tracker_code = 'synth'"
        ).fetchall()
        assert told == [("Synthetic list", "sanctuary")]
        spells = built.execute(
            "select l.listed_name, l.state_code, cast(l.listed_from as varchar), cast(l.listed_to as varchar),"
            " l.snapshots_seen from core.fct_tracker_listing as l join core.dim_tracker as t using (tracker_key)"
            " where t.tracker_code = 'synth' order by all"
        ).fetchall()
        # Two spellings are one listing; what the first file of a day holds and the second does not was listed that day.
        assert spells == [
            ("New Sample", "ME", "2025-05-30", None, 2),
            ("Old Sample", "ME", "2025-05-01", "2025-06-03", 2),
            ("Sample", "OH", "2025-05-01", None, 3),
        ]

    def test_stands_beside_every_other_tracker(self, built):
        found = built.execute(
            "select tracker_a, listed_name, state_code, listed_by, is_on_one_day, definition_b"
            " from analysis.mart_tracker_agreement where tracker_b = 'synth' and tracker_a = 'dhs' order by 2, 3"
        ).fetchall()
        said = "A synthetic definition"
        assert found == [
            ("dhs", "New Sample", "ME", "only b", None, said),
            ("dhs", "Old Sample", "ME", "only b", None, said),
            ("dhs", "Sample", "OH", "both", True, said),
            ("dhs", "Sample", "UT", "only a", None, said),
        ]


def test_an_empty_list_that_somebody_brings_ends_what_was_listed(built):
    spells = built.execute(
        "select distinct cast(l.listed_from as varchar), cast(l.listed_to as varchar)"
        " from core.fct_tracker_listing as l join core.dim_tracker as t using (tracker_key)"
        " where t.tracker_code = 'dhs'"
    ).fetchall()
    assert spells == [("2025-05-29", "2025-05-31")]


@pytest.mark.real
class TestIceHistory:
    """Against 2,220 spells that others derived from 969 captures of the same file."""

    DAYS = ("2021-01-13", "2023-09-15", "2025-02-21", "2025-03-17", "2026-05-18")

    @pytest.fixture(scope="class")
    def theirs(self, real: Path) -> list[dict[str, str]]:
        file = real / "trackers" / "ice_287g_agreement_spells_2021-2026.csv"
        with file.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    @pytest.fixture(scope="class")
    def snapshots(self, real: Path) -> list[str]:
        with (real / "trackers" / "ice_287g_snapshot_index.csv").open(encoding="utf-8", newline="") as stream:
            return [row["snapshot"] for row in csv.DictReader(stream)]

    @staticmethod
    def key(state: str, agency: str, support: str) -> tuple[str, ...]:
        return tuple(re.sub("[^A-Z0-9]+", " ", text.upper()).strip() for text in (state, agency, support))

    def ours(self, built, day: str) -> set[tuple[str, ...]]:
        rows = built.execute(
            "select s.name, l.listed_name, l.support_type from core.fct_tracker_listing as l"
            " join core.dim_tracker as t using (tracker_key) join reference.states as s on l.state_code = s.postal"
            " where t.tracker_code = 'ice_287g' and l.listed_from <= cast(? as date)"
            " and (l.listed_to is null or l.listed_to > cast(? as date))",
            [day, day],
        ).fetchall()
        return {self.key(*row) for row in rows}

    def test_the_ends_are_150_and_1843_and_the_cut_off_file_cut_nothing(self, built):
        assert [len(self.ours(built, day)) for day in self.DAYS] == [150, 137, 151, 360, 1843]
        held = built.execute("select reject_reason from raw.capture where status = 'held'").fetchall()
        assert [reason for (reason,) in held] == ["on hold: 60 records between 151 before and 360 after (bound 10%)"]
        synthetic = built.execute("select count(*) from core.fct_tracker_listing where listed_name like 'Synthetic%'")
        assert synthetic.fetchone() == (0,)

    def test_they_agree_with_the_known_spells_on_the_days_that_both_see(self, built, theirs, snapshots):
        """Nothing is listed by us alone. What is listed by them alone, 18 of 2,659, they bridged: their spells run from
        the first capture to the last, over captures that do not hold the agreement, and the workbook does not.
        """
        agreed, only_theirs = 0, []
        for day in self.DAYS:
            (moment,) = [s for s in snapshots if s.startswith(day) and (day != "2026-05-18" or s == max(snapshots))][:1]
            listed = {self.key(r["state"], r["agency"], r["support_type"]): r for r in theirs
                      if r["first_snapshot"] <= moment <= r["last_snapshot"]}  # fmt: skip
            ours = self.ours(built, day)
            assert ours - set(listed) == set()
            agreed += len(ours & set(listed))
            only_theirs += [listed[key] for key in set(listed) - ours]
        assert agreed == 150 + 137 + 151 + 360 + 1843
        assert len(only_theirs) == 18
        for spell in only_theirs:
            between = sum(spell["first_snapshot"] <= s <= spell["last_snapshot"] for s in snapshots)
            assert int(spell["n_snapshots"]) < between, spell

    def test_every_spell_of_theirs_that_both_ends_see_is_one_of_ours(self, built, theirs):
        """An agreement in the first and the last workbook, and in all between, is one spell without an end."""
        always = [
            r for r in theirs if r["first_snapshot"][:10] == self.DAYS[0] and r["last_snapshot"][:10] == self.DAYS[-1]
        ]
        rows = built.execute(
            "select s.name, l.listed_name, l.support_type from core.fct_tracker_listing as l"
            " join core.dim_tracker as t using (tracker_key) join reference.states as s on l.state_code = s.postal"
            " where t.tracker_code = 'ice_287g' and l.listed_from = date '2021-01-13' and l.listed_to is null"
        ).fetchall()
        spells = [self.key(*row) for row in rows]
        assert always
        for row in always:
            assert spells.count(self.key(row["state"], row["agency"], row["support_type"])) == 1, row
