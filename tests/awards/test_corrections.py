"""What publishers correct: deleted and published again, corrected under two listings, other spellings of a key.

What belongs here: files whose right sums are known beforehand, each an award of its own in one landing folder. What
does not: the ways in which files come (test_transactions).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import transaction_files as files

from orchestration.sources.usaspending_files import DELETE_INDICATOR
from tests.awards.test_transactions import among_many, live

OUTLAYS = "total_outlayed_amount_for_overall_award"
FULL_MADE, DELTA_MADE = "20261106", "20261206"
AFTER_BOTH = datetime(2026, 12, 10, 6, tzinfo=UTC)


def deleted(award: int, *, on: str, listing: str = "16.710", mod: str = "0") -> files.Row:
    """A Delta's deletion: the parts of the key and the day, nothing else."""
    fain = f"SYNTH{award:04}"
    return {DELETE_INDICATOR: "D", "assistance_transaction_unique_key": f"1501_{fain}_-NONE-_{listing}_{mod}",
            "award_id_fain": fain, "modification_number": mod, "awarding_sub_agency_code": "1501",
            "cfda_number": listing, "last_modified_date": on}  # fmt: skip


def replaced(row: files.Row, *, on: str, **values: str) -> files.Row:
    return {**row, DELETE_INDICATOR: "C", "last_modified_date": on, **values}


FIRST = {
    "published again": files.transaction(11, on="2025-10-05", amount="100000.00"),
    "one listing": files.transaction(12, on="2025-10-07", amount="50000.00", listing="16.068"),
    "other listing": files.transaction(12, on="2025-10-07", amount="50000.00", listing="16.738"),
    "old name": files.transaction(
        13, on="2025-11-20", amount="500000.00", total_obligated_amount="480000.00",
        awarding_agency_name="DEPARTMENT OF JUSTICE (DOJ)"
    ),
    "new name": files.transaction(13, 1, on="2026-03-01", amount="-20000.00", total_obligated_amount="480000.00"),
    "next year": files.transaction(30, on="2026-10-05", amount="30.00"),
    "lower case": files.transaction(14, on="2025-12-01", amount="70.00"),
    "shifted": files.transaction(15, on="2025-12-02", amount="15.00"),
    "gone": files.transaction(16, on="2025-12-03", amount="16.00"),
    # What our listings obligated of the award is 400 of 1,000; 600 came under a listing that is not asked for.
    "moved out": files.transaction(
        17, on="2025-12-04", amount="400.00", total_obligated_amount="1000.00", **{OUTLAYS: "700.00"}
    ),
    "deleted after": files.transaction(18, on="2025-12-05", amount="18.00"),
    # An aggregate of which the years before FY2008 are in no file.
    "old aggregate": files.transaction(
        19, on="2026-01-05", amount="19.00", record_type_code="1", award_id_fain="", award_id_uri="SYNTH-URI-19",
        assistance_transaction_unique_key="1501_-NONE-_SYNTH-URI-19_16.710_-NONE-",
        assistance_award_unique_key="ASST_AGG_SYNTH-URI-19_1501", period_of_performance_start_date="2006-10-01",
        total_obligated_amount="119.00", **{OUTLAYS: "1.00"},
    ),
}  # fmt: skip
DELTA = [
    replaced(FIRST["published again"], on="2026-11-20", federal_action_obligation="110000.00"),
    replaced(FIRST["other listing"], on="2026-11-20", transaction_description="Synthetic, in better words"),
    replaced(FIRST["lower case"], on="2026-11-21", federal_action_obligation="75.00", award_id_fain="synth0014",
             assistance_transaction_unique_key="1501_synth0014_-none-_16.710_0"),
    replaced(FIRST["deleted after"], on="2026-11-10", federal_action_obligation="20.00"),
    # At the end of the file, whatever their day.
    deleted(11, on="2026-11-10"),
    # As in the publisher's files of 2019: each value one column further.
    {DELETE_INDICATOR: "D", "assistance_transaction_unique_key": "16.710", "cfda_number": "0",
     "modification_number": "1501_SYNTH0015_-NONE-_16.710_0", "awarding_sub_agency_code": "SYNTH0015",
     "last_modified_date": "2026-11-10"},
    deleted(16, on="2026-11-10"),
    deleted(18, on="2026-11-20"),
]  # fmt: skip


@pytest.fixture
def corrected(httpserver, tmp_path, build, night_of):
    """Full archives of FY2026 and FY2027 and the Delta of the month after it, built."""
    publisher, settings = live(httpserver, tmp_path, list(FIRST.values()))
    publisher.made_on = FULL_MADE
    for year in ("FY2026", "FY2027"):
        night_of(settings, "usaspending/transactions", at=AFTER_BOTH, partition=year)
    publisher.deltas = {DELTA_MADE: [*among_many(1), *DELTA]}
    night_of(settings, "usaspending/transactions", "delta", at=AFTER_BOTH)
    return build(settings, "fct_award_transaction", "fct_award", "deleted_transaction",
                 "quarantine_usaspending__transactions")  # fmt: skip


def test_every_correction_leaves_the_sum_that_its_publisher_means(corrected):
    sums = dict(corrected.execute(
        "select fain, (sum(obligated_amount), count(*)) from core.fct_award_transaction "
        "where fain like 'SYNTH001%' or fain like 'SYNTH-URI%' group by fain"
    ).fetchall())  # fmt: skip
    assert sums == {
        # the later last_modified_date wins, not the later row
        "SYNTH0011": (Decimal("110000.00"), 1),
        # a correction of one listing's line leaves the other's
        "SYNTH0012": (Decimal("100000.00"), 2),
        "SYNTH0013": (Decimal("480000.00"), 2),
        # a key in another case is the same key
        "SYNTH0014": (Decimal("75.00"), 1),
        # a deletion of nothing deletes nothing
        "SYNTH0015": (Decimal("15.00"), 1),
        "SYNTH0017": (Decimal("400.00"), 1),
        "SYNTH-URI-19": (Decimal("19.00"), 1),
    }
    gone = corrected.execute("select fain, obligated_amount from meta.deleted_transaction order by fain").fetchall()
    assert gone == [("SYNTH0016", Decimal("16.00")), ("SYNTH0018", Decimal("20.00"))]
    quarantined = "select _reject_reason from quarantine.usaspending__transactions"
    assert corrected.execute(quarantined).fetchall() == [("a deletion whose key is no key (shifted columns)",)]

    awards = corrected.execute(
        "select fain, awarding_agency_code, obligated_amount, own_amount, undisbursed_amount, obligated_from "
        "from core.fct_award where fain in ('SYNTH0013', 'SYNTH0017', 'SYNTH-URI-19') order by fain"
    ).fetchall()
    usd = Decimal
    assert awards == [
        # an aggregate's own total is of one action: nothing is said of what is left of it
        ("SYNTH-URI-19", "015", usd("119.00"), usd("119.00"), None, "transaction file"),
        # two spellings of the agency's name, one award
        ("SYNTH0013", "015", usd("480000.00"), usd("480000.00"), None, "its transactions"),
        # the whole award less what the whole award paid out: 1,000 less 700, not 400 less 700
        ("SYNTH0017", "015", usd("400.00"), usd("1000.00"), usd("300.00"), "its transactions"),
    ]
