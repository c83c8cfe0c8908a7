"""ICE's workbooks as spells: how a day of signing is written, cells that are merged, first seen beside listed since.

What belongs here: synthetic workbooks turned into listings by the real project. What does not: the real history
(test_trackers.py), the workbook's form (tests/sources).
"""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from orchestration import sources
from orchestration.landing.imports import import_files
from orchestration.reading.reader import connect
from orchestration.settings import Settings
from tests.building import tables_of

ICE = sources.get("ice/agreements_287g")
HEADERS = ["STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED"]
# As typed: as a day, as text, as a serial number in text, with a mistyped year, not at all.
SIGNED = {
    "Day": (date(2025, 3, 3), date(2025, 3, 3), None),
    "Text": ("3/3/2025", date(2025, 3, 3), None),
    "Serial": ("45719", date(2025, 3, 3), None),
    "Mistyped": ("5025-07-07", None, "5025-07-07"),
    "Empty": (None, None, None),
}


def book(names: list[str], *, merged: bool = False) -> bytes:
    made = openpyxl.Workbook()
    cells = made.active
    cells.append(HEADERS)
    for n, name in enumerate(names):
        signed = SIGNED.get(name, SIGNED["Day"])[0]
        cells.append(["OHIO" if n == 0 or not merged else None, f"Synthetic {name} Police", "X", signed])
    if merged:
        cells.merge_cells(f"A2:A{len(names) + 1}")
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def listings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agreements")
    settings = Settings(home=folder / "home", edition="live")
    names = [*SIGNED, *(f"No {n}" for n in range(95))]
    for day, held, merged in (("02282026", names, False), ("03032026", [*names, "New"], True)):
        file = folder / f"participatingAgencies{day}am.xlsx"
        file.write_bytes(book(held, merged=merged))
        (taken,) = import_files(ICE, [file], settings)
        assert taken.ok, taken.line()
    connection = tables_of(settings, "int_ordinances__spells")
    yield connection
    connection.close()


def test_a_day_of_signing_is_read_or_kept_as_printed(listings):
    found = listings.sql(
        "select listed_name, signed_on, signed_unread from intermediate.int_ordinances__spells"
    ).fetchall()
    told = {name: (day, printed) for name, day, printed in found}
    assert {name: told[f"Synthetic {name} Police"] for name in SIGNED} == {
        name: (day, printed) for name, (_, day, printed) in SIGNED.items()
    }


def test_no_agreement_ends_where_cells_are_merged(listings):
    spells = listings.sql("select count(*), count(listed_to) from intermediate.int_ordinances__spells")
    assert spells.fetchall() == [(101, 0)]


def test_first_seen_is_not_listed_since(listings):
    """What the first workbook holds began before it; what the second adds began between the two."""
    since = listings.sql(
        "select listed_since, listed_from, count(*) from intermediate.int_ordinances__spells group by all order by 2"
    )
    assert since.fetchall() == [
        (None, date(2026, 2, 28), 100),
        (date(2026, 3, 3), date(2026, 3, 3), 1),
    ]


class TestListedAgencies:
    """Which agency of the Bureau's register a 287(g) agreement names, in the recorded edition."""

    @pytest.fixture
    def ask(self, published):
        settings, _ = published
        with connect(settings) as connection:
            yield lambda sql: connection.sql(sql).fetchall()

    def test_printed_names_meet_the_register(self, ask):
        """By hand: ICE's workbook of 18 May 2026 beside the ORIs of the Bureau: six large cities."""
        found = ask(
            "select distinct listings.listed_name, agencies.ori, listings.state_code = agencies.state_code"
            " from core.fct_tracker_listing as listings join core.dim_agency as agencies using (agency_key)"
            " where agencies.ori is not null and listings.listed_to is null"
        )
        by_hand = {
            ("City of Miami Police Department", "FL0130600", True),
            ("Jacksonville Sheriff's Office", "FL0160000", True),
            ("Las Vegas Metropolitan Police Department", "NV0020100", True),
            ("Mesa Police Department", "AZ0071700", True),
            ("Orlando Police Department", "FL0480400", True),
            ("Tampa Police Department", "FL0290200", True),
        }
        assert by_hand <= set(found)
        # of the 1,843 agreements of that day
        assert len(by_hand) < len(found) <= 1_843
        assert {same_state for *_, same_state in found} == {True}

    def test_what_listed_agencies_report_is_one_join_away(self, ask):
        listed = "select agency_key from core.fct_tracker_listing where listed_to is null"
        rows = ask(
            f"select ori, min(offenses) >= 0 from core.fct_crime_month where agency_key in ({listed}) group by 1"
        )
        assert {("FL0130600", True), ("AZ0071700", True), ("NV0020100", True)} <= set(rows)
        assert {counts for _, counts in rows} <= {True, None}

    def test_a_name_that_no_register_has_is_itself_and_no_other(self, ask):
        assert ask(
            "select count(*) from core.fct_tracker_listing as listings join core.dim_agency as agencies"
            " using (agency_key) where agencies.ori is null and agencies.state_code <> listings.state_code"
        ) == [(0,)]
        (row,) = ask(
            "select count(*) filter (where agency_key is null), count(*) filter (where agency_key = '-1')"
            " from core.fct_tracker_listing where support_type is not null"
        )
        assert row == (0, 0)

    def test_lists_of_governments_name_no_agency(self, ask):
        assert ask(
            "select distinct tracker_code from core.fct_tracker_listing join core.dim_tracker using (tracker_key)"
            " where agency_key is null order by 1"
        ) == [("cis",), ("dhs",), ("doj",), ("doj_letters",), ("ice_ddor",), ("meyer_co",)]
