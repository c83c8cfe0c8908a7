"""Awards that their publisher has no more: the search tells of changes, never of deletions.

What belongs here: an award seen once that leaves the facts. What does not: a single transaction that leaves
(test_transactions, test_corrections).
"""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import servers
import time_machine
import transaction_files as files

from orchestration import sources
from orchestration.landing.imports import import_files
from orchestration.settings import Settings
from orchestration.sources.usaspending_files import DELETE_INDICATOR
from tests.awards.test_corrections import deleted
from tests.awards.test_transactions import among_many

NOVEMBER, DECEMBER = datetime(2026, 11, 8, 6, tzinfo=UTC), datetime(2026, 12, 20, 6, tzinfo=UTC)


def test_an_award_that_its_publisher_has_no_more_leaves_the_sums_and_stays_visible(
    httpserver, tmp_path, build, night_of
):
    def award(number: int) -> servers.Json:
        agency = {"Awarding Agency": "Department of Justice", "Awarding Agency Code": "015"}
        return servers.award(number, signed="2020-03-01", **agency)

    publisher = servers.Usaspending(httpserver, [award(n) for n in range(1, 41)])
    settings = Settings(edition="live", home=tmp_path / "home", usaspending_url=publisher.url)
    night_of(settings, "usaspending/awards", "grants:FY2020", at=NOVEMBER)

    # One award goes with its only transaction; of another nothing is left but the search's answer of November.
    only = files.transaction(2, on="2020-03-01", amount="1002.50", award_id_fain="TEST000002")
    gone = {**deleted(2, on="2026-11-20"), "award_id_fain": "TEST000002",
            "assistance_transaction_unique_key": only["assistance_transaction_unique_key"]}  # fmt: skip
    for name, rows, columns in (
        ("FY2020_015_Assistance_Full_20261106", [only], files.COLUMNS),
        ("FY(All)_015_Assistance_Delta_20261206", [*among_many(1), gone], (DELETE_INDICATOR, *files.COLUMNS)),
    ):
        path = tmp_path / f"{name}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{name}_1.csv", files.as_csv(rows, columns))
        with time_machine.travel(DECEMBER):
            (result,) = import_files(sources.get("usaspending/transactions"), [path], settings)
        assert result.ok, result.line()
    tables = ("fct_award", "withdrawn_award")
    searched = "select count(*), sum(obligated_amount) from core.fct_award where fain like 'TEST%'"
    why = "select fain, obligated_amount, withdrawn_because, withdrawn_by from meta.withdrawn_award order by fain"
    # 40 awards of 1,000.50 and their number
    whole = 40 * Decimal("1000.50") + sum(range(1, 41))
    connection = build(settings, *tables)
    assert connection.execute(searched).fetchone() == (39, whole - Decimal("1002.50"))
    deletion = ("TEST000002", Decimal("1002.50"), "all its transactions under the listings were deleted",
                date(2026, 12, 6))  # fmt: skip
    assert connection.execute(why).fetchall() == [deletion]

    # The whole year again: it lacks both.
    publisher.awards = [a for a in publisher.awards if a["Award ID"] not in ("TEST000002", "TEST000003")]
    night_of(settings, "usaspending/awards", "grants:FY2020", at=DECEMBER)
    connection = build(settings, *tables)
    assert connection.execute(searched).fetchone() == (38, whole - Decimal("1002.50") - Decimal("1003.50"))
    absence = ("TEST000003", Decimal("1003.50"), "a newer answer for its whole fiscal year lacks it", DECEMBER.date())
    assert connection.execute(why).fetchall() == [deletion, absence]
