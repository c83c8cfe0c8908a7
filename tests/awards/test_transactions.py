"""Transactions as facts: three ways to one table, what is deleted, what moved, what an award adds up to.

What belongs here: what the models make of captured files. What does not: HTTP and files (tests/sources).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import transaction_files as files

from orchestration.settings import Settings
from orchestration.sources.usaspending_files import DELETE_INDICATOR

# The first record, of which no later file says anything.
OLDEST = "fain = 'SYNTH0001' and modification_number = '0' and assistance_listing = '16.710'"
NOVEMBER = datetime(2026, 11, 23, 6, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 24, 6, tzinfo=UTC)
FIRST = [
    files.transaction(1, 0, on="2025-11-05", amount="100000.00", total_obligated_amount="97499.50"),
    files.transaction(1, 1, on="2026-03-05", amount="-2500.50", total_obligated_amount="97499.50"),
    files.transaction(2, 0, on="2026-09-30", amount="7.00", listing="16.738", awarding_sub_agency_code="1550"),
    files.transaction(3, 0, on="2026-02-01", amount="9.00", assistance_type_code="06", listing="16.606"),
    # Another department's programme under the same department's files: not asked for.
    files.transaction(5, 0, on="2026-05-01", amount="13.00", listing="16.575"),
]


def live(httpserver, tmp_path, rows) -> tuple[files.Files, Settings]:
    publisher = files.Files(httpserver, rows)
    return publisher, home(publisher, tmp_path / "home")


def home(publisher: files.Files, folder: Path) -> Settings:
    return Settings(edition="live", home=folder, usaspending_url=publisher.url, usaspending_files_url=publisher.url,
                    download_poll=0.01, download_deadline=5.0)  # fmt: skip


def among_many(faulty: int) -> list[files.Row]:
    """So many good records that this number of faulty ones is a share that a capture may have (1%)."""
    return [
        {**files.transaction(9000 + n, 0, on="2026-04-01", amount="1.00"), DELETE_INDICATOR: ""}
        for n in range(100 * faulty)
    ]


def facts(connection) -> list[tuple[object, ...]]:
    """fct_award_transaction without where each row came from."""
    return connection.execute(
        "select columns(lambda c: not starts_with(c, '_')) from core.fct_award_transaction order by transaction_key"
    ).fetchall()


def test_download_bulk_download_and_archive_with_its_delta_give_the_same_table(httpserver, tmp_path, build, night_of):
    after = [
        FIRST[0],
        {**FIRST[1], "federal_action_obligation": "-3000.00"},
        FIRST[2],
        files.transaction(4, 0, on="2026-08-01", amount="21.00", last_modified_date="2026-11-20"),
    ]

    publisher = files.Files(httpserver, after)
    downloaded, bulk, archived = (home(publisher, tmp_path / way) for way in ("download", "bulk", "archive"))
    night_of(downloaded, "usaspending/transactions", "FY2026", at=NOVEMBER)
    by_download = facts(build(downloaded))

    publisher.made_on = "none"
    night_of(bulk, "usaspending/transactions", at=NOVEMBER, partition="FY2026")
    by_bulk = facts(build(bulk))

    # The archive of the month before, and what its Delta says of the days since: new, replaced, deleted.
    publisher.rows, publisher.made_on = FIRST, "20261006"
    night_of(archived, "usaspending/transactions", at=NOVEMBER, partition="FY2026")
    gone = {DELETE_INDICATOR: "D", "award_id_fain": "SYNTH0003", "awarding_sub_agency_code": "1501",
            "modification_number": "0", "cfda_number": "16.606"}  # fmt: skip
    publisher.deltas = {"20261106": [{**after[1], DELETE_INDICATOR: "C"}, after[3], gone]}
    night_of(archived, "usaspending/transactions", "delta", at=NOVEMBER)
    connection = build(archived)
    by_archive = facts(connection)

    assert [row[0] for row in by_download] == [
        "1501_SYNTH0001_-NONE-_16.710_0",
        "1501_SYNTH0001_-NONE-_16.710_1",
        "1501_SYNTH0004_-NONE-_16.710_0",
        "1550_SYNTH0002_-NONE-_16.738_0",
    ]
    assert by_bulk == by_download
    assert by_archive == by_download
    gone_rows = connection.execute("select fain, obligated_amount, deleted_because from meta.deleted_transaction")
    assert gone_rows.fetchall() == [("SYNTH0003", Decimal("9.00"), "a Delta file says that it was deleted")]


def test_a_build_that_goes_on_from_the_last_one_has_the_rows_of_one_made_anew(httpserver, tmp_path, build, night_of):
    """New, replaced, deleted, moved to another listing, repeated, cut short: whatever the night brings."""
    publisher, settings = live(httpserver, tmp_path, FIRST)
    publisher.made_on = "20261006"
    night_of(settings, "usaspending/transactions", at=NOVEMBER, partition="FY2026")
    build(settings)
    build.close()
    with duckdb.connect(str(build.file)) as connection:
        connection.execute(f"update staging.base_usaspending__transactions set description = 'kept' where {OLDEST}")

    day = "2026-11-24"
    keyless = {**files.transaction(7, 0, on="2026-08-02", amount="1.00"), "assistance_transaction_unique_key": ""}
    publisher.rows = [
        FIRST[0],
        {**FIRST[1], "federal_action_obligation": "-3000.00", "last_modified_date": day},
        *FIRST[2:],
        files.transaction(1, 0, on="2025-11-05", amount="100000.00", listing="16.068", last_modified_date=day),
        files.transaction(4, 0, on="2026-08-01", amount="21.00", last_modified_date=day),
    ]
    gone = {DELETE_INDICATOR: "D", "award_id_fain": "SYNTH0003", "awarding_sub_agency_code": "1501",
            "modification_number": "0", "cfda_number": "16.606"}  # fmt: skip
    cut_short = {**files.transaction(6, 0, on="2026-08-02", amount="1.00"), "last_modified_date": ""}
    faulty = [{**cut_short, DELETE_INDICATOR: ""}, {**keyless, DELETE_INDICATOR: ""}]
    publisher.deltas = {"20261106": [gone, *faulty, *among_many(2)]}
    night_of(settings, "usaspending/transactions", "changed", "delta", at=datetime(2026, 11, 25, tzinfo=UTC))
    went_on = build(settings, incremental=True)
    kept = "select count(*) from staging.base_usaspending__transactions where description = 'kept'"
    assert went_on.execute(kept).fetchone() == (1,), "the untouched record was made again"
    tables = ("staging.base_usaspending__transactions", "core.fct_award_transaction", "core.fct_award",
              "meta.deleted_transaction")  # fmt: skip
    rows = {table: _rows_of(went_on, table) for table in tables}
    anew = build(settings)
    assert anew.execute(kept).fetchone() == (0,)
    for table in tables:
        assert rows[table] == _rows_of(anew, table), table
    fates = anew.execute("select _fate, count(*) from staging.base_usaspending__transactions group by 1").fetchall()
    assert {fate for fate, _ in fates} == {"staged", "superseded", "duplicate", "quarantined"}


def _rows_of(connection, table: str) -> list[tuple[object, ...]]:
    """Every row of a table, the mark of the kept record put back to what it was."""
    rows = connection.execute(f"select * from {table}").fetchall()
    text = FIRST[0]["transaction_description"]
    return sorted((tuple(text if value == "kept" else value for value in row) for row in rows), key=repr)


def test_a_row_deleted_upstream_leaves_the_facts_and_stays_visible(httpserver, tmp_path, build, night_of):
    publisher, settings = live(httpserver, tmp_path, FIRST)
    night_of(settings, "usaspending/transactions", "FY2026", at=NOVEMBER)
    publisher.rows = [FIRST[0], *FIRST[2:]]
    night_of(settings, "usaspending/transactions", "FY2026", at=DECEMBER)
    connection = build(settings)
    assert len(facts(connection)) == 3
    columns = "fain, modification_number, deleted_because, deleted_by"
    assert connection.execute(f"select {columns} from meta.deleted_transaction").fetchall() == [
        ("SYNTH0001", "1", "a newer capture of its whole fiscal year lacks it", DECEMBER.date())
    ]
    fates = connection.execute("select _fate, count(*) from staging.base_usaspending__transactions group by 1")
    # Four captured and then three of them again: the newest copies are staged, and the one that is gone.
    assert dict(fates.fetchall()) == {"staged": 4, "duplicate": 3}


def test_a_changed_listing_is_one_action_under_the_new_key_not_two(httpserver, tmp_path, build, night_of):
    publisher, settings = live(httpserver, tmp_path, FIRST)
    night_of(settings, "usaspending/transactions", "FY2026", at=NOVEMBER)
    moved = files.transaction(
        1, 0, on="2025-11-05", amount="100000.00", listing="16.068", last_modified_date="2026-11-24"
    )
    publisher.rows = [moved, *FIRST[1:]]
    night_of(settings, "usaspending/transactions", "changed", at=datetime(2026, 11, 25, tzinfo=UTC))
    connection = build(settings)
    total = connection.execute("select sum(obligated_amount) from core.fct_award_transaction where fain = 'SYNTH0001'")
    assert total.fetchone() == (Decimal("97499.50"),)
    assert connection.execute(
        "select assistance_listing, deleted_because from meta.deleted_transaction"
    ).fetchall() == [("16.710", "its listing changed to 16.068")]


def test_equal_actions_under_two_listings_of_one_file_are_both_real(httpserver, tmp_path, build, night_of):
    twins = [
        files.transaction(1, 0, on="2025-11-05", amount="50.00"),
        files.transaction(1, 0, on="2025-11-05", amount="50.00", listing="16.068"),
    ]
    _, settings = live(httpserver, tmp_path, twins)
    night_of(settings, "usaspending/transactions", "FY2026", at=NOVEMBER)
    connection = build(settings)
    assert connection.execute("select count(*), sum(obligated_amount) from core.fct_award_transaction").fetchone() == (
        2,
        Decimal("100.00"),
    )


def test_an_award_adds_up_from_its_transactions_once_all_its_years_are_whole(httpserver, tmp_path, build, night_of):
    outlays = "total_outlayed_amount_for_overall_award"
    rows = [
        files.transaction(1, 0, on="2025-09-05", amount="100.00", total_obligated_amount="90.00", **{outlays: "40.00"}),
        # The key's other form: the same award.
        files.transaction(
            1,
            1,
            on="2026-03-05",
            amount="-10.00",
            total_obligated_amount="90.00",
            assistance_award_unique_key="ASST_NON_SYNTH0001_1501",
            **{outlays: "45.00"},
        ),
        files.transaction(2, 0, on="2026-03-05", amount="11.00", total_obligated_amount="12.00"),
    ]
    _, settings = live(httpserver, tmp_path, rows)
    # The first award began in FY2025, which is not captured: one later action is not the award.
    night_of(settings, "usaspending/transactions", "FY2026", "FY2027", at=NOVEMBER)
    query = """
        select fain, obligated_amount, obligated_from, own_amount, outlayed_amount, undisbursed_amount, outlay_coverage,
            transactions
        from core.fct_award order by fain
    """
    usd = Decimal
    assert build(settings).execute(query).fetchall() == [
        ("SYNTH0001", usd("90.00"), "transaction file", usd("90.00"), usd("45.00"), usd("45.00"), "reported", 1),
        ("SYNTH0002", usd("11.00"), "its transactions", usd("12.00"), None, None, "unknown", 1),
    ]
    night_of(settings, "usaspending/transactions", "FY2025", at=NOVEMBER)
    connection = build(settings)
    assert connection.execute(query).fetchall() == [
        ("SYNTH0001", usd("90.00"), "its transactions", usd("90.00"), usd("45.00"), usd("45.00"), "reported", 2),
        ("SYNTH0002", usd("11.00"), "its transactions", usd("12.00"), None, None, "unknown", 1),
    ]
    ((fain, difference, because),) = connection.execute(
        "select fain, difference_amount, difference_because from analysis.mart_award_reconciliation"
    ).fetchall()
    assert (fain, difference) == ("SYNTH0002", usd("-1.00"))
    assert because.startswith("unexplained")


def test_aggregates_and_redacted_recipients_are_what_they_are(httpserver, tmp_path, build, night_of):
    rows = [
        files.transaction(
            1,
            0,
            on="2026-03-05",
            amount="5.00",
            record_type_code="1",
            award_id_fain="",
            award_id_uri="URI-1",
            assistance_transaction_unique_key="1501_-NONE-_URI-1_16.710_-NONE-",
            assistance_award_unique_key="ASST_AGG_URI-1_1501",
            recipient_name="MULTIPLE RECIPIENTS",
            recipient_uei="",
        ),
        files.transaction(
            2,
            0,
            on="2026-03-05",
            amount="6.00",
            record_type_code="3",
            recipient_name="REDACTED DUE TO PII",
            recipient_uei="",
        ),
    ]
    _, settings = live(httpserver, tmp_path, rows)
    night_of(settings, "usaspending/transactions", "FY2026", at=NOVEMBER)
    found = build(settings).execute("select fain, is_aggregate, jurisdiction_key from core.fct_award order by fain")
    assert found.fetchall() == [("SYNTH0002", False, "-1"), ("URI-1", True, "-1")]


def test_a_row_without_its_date_is_quarantined_with_its_reason_and_counted(httpserver, tmp_path, build, night_of):
    publisher, settings = live(httpserver, tmp_path, FIRST)
    rows = [*FIRST, *among_many(1)]
    header, _, _ = files.as_csv(rows).partition(b"\n")
    empty = b"," * (header.count(b",") - 2)
    short = files.as_csv(rows) + b"1501_SYNTH0009_-NONE-_16.710_0,ASST_NON_SYNTH0009_015,SYNTH0009" + empty + b"\n"
    # Each group of types has a file of its own; the rows are all grants, the first to be asked for.
    bodies, counts = iter([short]), iter([len(rows) + 1])
    publisher.spoil = lambda body: files.as_zip(("part_1.csv", next(bodies, files.as_csv([]))))
    publisher.says_rows = lambda _: next(counts, 0)
    night_of(settings, "usaspending/transactions", "FY2026", at=NOVEMBER)
    connection = build(settings, "fct_award_transaction", "quarantine_usaspending__transactions", "record_fate")
    rejected = connection.execute("select award_id_fain, _reject_reason from quarantine.usaspending__transactions")
    assert rejected.fetchall() == [("SYNTH0009", "action_date is not a date")]
    fates = connection.execute(
        "select fate, sum(records) from meta.record_fate where dataset = 'usaspending__transactions' group by 1"
    )
    assert dict(fates.fetchall()) == {"staged": len(rows), "quarantined": 1}


@pytest.mark.parametrize("amount", ["0.10", "-0.10"])
def test_money_is_exact_to_the_cent_over_many_additions(httpserver, tmp_path, build, night_of, amount):
    rows = [files.transaction(1, mod, on="2026-03-05", amount=amount) for mod in range(1000)]
    _, settings = live(httpserver, tmp_path, rows)
    night_of(settings, "usaspending/transactions", "FY2026", at=NOVEMBER)
    total = build(settings, "fct_award_transaction").execute(
        "select sum(obligated_amount) from core.fct_award_transaction"
    )
    assert total.fetchone() == (Decimal(amount) * 1000,)
