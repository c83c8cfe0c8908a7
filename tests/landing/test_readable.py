"""A capture serves only if it can be read: types, empty fields, one value throughout, repeated keys, volume.

What belongs here: the landing folder with the real writer, over captures of real datasets that this module makes
unreadable. What does not: a publisher's faults on the wire (tests/sources), what the gate bounds (tests/release).
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration import sources
from orchestration.landing import accept, measure
from orchestration.landing.catalog import Catalog
from orchestration.landing.imports import import_files
from orchestration.landing.land import Outcome, write
from orchestration.recorded.workbooks import workbook
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.sources import fields
from orchestration.sources.base import Selection, Slice
from orchestration.sources.usaspending import LISTINGS
from orchestration.sources.usaspending_files import REQUIRED
from orchestration.wire import Payload

REAL = PROJECT_ROOT.parent / "shared" / "real"


def land(
    settings: Settings, dataset_id: str, key: str, body: object, day: str, *, kind: str = "fetched",
    context: dict[str, str] | None = None, params: dict[str, str] | None = None, selection: Selection | None = None,
) -> Outcome:  # fmt: skip
    """One capture of one payload; what is not bytes is sent as JSON."""
    when = datetime.fromisoformat(day).replace(tzinfo=UTC)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return write(
        sources.get(dataset_id), Slice(key, params or {}), [Payload(content, "https://synthetic.invalid", when,
        context=context or {})], landing_dir=settings.landing_dir, kind=kind, edition="live", selection=selection,
    )  # fmt: skip


def serving(settings: Settings, dataset_id: str) -> list[str]:
    """The days of the captures that serve."""
    catalog = Catalog(settings.landing_dir, as_of=None, edition="live")
    return [f"{c.retrieved_at:%Y-%m-%d}" for c in catalog.serving(sources.get(dataset_id))]


# --- declarations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", sources.DATASETS.values(), ids=lambda dataset: dataset.id)
def test_every_required_field_has_a_type_and_every_type_is_of_a_field(dataset):
    assert set(dataset.required) <= set(dataset.types)
    assert set(dataset.types) <= set(dataset.fields)
    for type_ in dataset.types.values():
        assert type_.words
        if type_.pattern:
            re.compile(type_.pattern)
            duckdb.sql(f"select regexp_full_match('x', {type_.pattern!r})" if "'" not in type_.pattern else "select 1")


@pytest.mark.parametrize(
    ("type_", "read", "unread"),
    [
        (fields.TEXT, ["x", "[Draft] An act", "{", "3"], ['["x"]', '{"id": 1}', "[]"]),
        (fields.WHOLE, ["0", "-3", " 12 ", "12.0", "-666666666"], ["$123", "1,200", "1.5", "2.40E+08", "x", "0x1f"]),
        (fields.NUMBER, ["0", "-1.5", ".5", "1e3", "98495397.00"], ["$1", "1,200", "nan", "inf", "1.2.3", '["1"]']),
        (fields.YEAR, ["1993", "2026"], ["17", "0217", "2026.0"]),
        (
            fields.DATE,
            ["2026-03-02", "2026-03-02T00:00:00.123", "2026-03-02 10:00", "0001-01-01T00:00:00Z", "5025-07-07"],
            ["03/02/2026", "2026-02-30", "46083", "2020 Mar 02 12:00:00 AM", "2026-03-02x"],
        ),
        (fields.SHOWN_DATE, ["03/02/2026", "03/02/2026 1:00 AM", "2026-03-02", "2020 Mar 02"], ["13/45/2026", "x"]),
        (fields.PRINTED_WHOLE, ["1,234", "5"], ["$5", "x"]),
        (fields.PRINTED_AMOUNT, ["$1,234.00", "125000", "$ 5"], ["five", "-"]),
        (fields.one_of("state", "county"), ["state"], ["State", "city"]),
    ],
    ids=lambda value: value.words if isinstance(value, fields.FieldType) else "",
)
def test_a_type_reads_what_staging_reads(tmp_path, type_, read, unread):
    path = tmp_path / "records.parquet"
    values = [*read, *unread, "", None]
    pq.write_table(pa.table({"_record_no": range(len(values)), "field": values}), path)
    found = measure.of([path], seen=["field"], types={"field": type_}, required=[]).fields["field"]
    assert (found.untyped, found.empty) == (len(unread), 2)
    assert list(found.examples) == unread[:3]


@pytest.mark.parametrize("fault", ["", "x"])
def test_many_records_are_measured_value_by_value_with_the_same_result(tmp_path, monkeypatch, fault):
    """A thousand records: code is wrong in the last one (or in none), every tenth is empty; id has a value a record."""
    path = tmp_path / "records.parquet"
    codes = [None if n % 10 == 0 else ("A", " B ")[n % 2] for n in range(999)]
    table = {"_record_no": range(1000), "code": [*codes, fault or "A"], "id": [f"id {n:012}" for n in range(1000)]}
    pq.write_table(pa.table(table), path)

    def found() -> measure.Measure:
        types = {"code": fields.one_of("A", "B"), "id": fields.TEXT}
        return measure.of([path], seen=["code", "id"], types=types, required=["id"])

    at_once = found()
    assert measure._of_few_values([path], ["code", "id"]) == []
    monkeypatch.setattr(measure, "_MANY_RECORDS", 1000)
    assert measure._of_few_values([path], ["code", "id"]) == ["code"]
    assert found() == at_once
    assert (at_once.records, at_once.unreadable, at_once.fields["code"].empty) == (1000, 1 if fault else 0, 100)
    assert at_once.fields["code"].examples == ((fault,) if fault else ())


def test_every_name_of_a_state_that_the_models_know_is_one():
    from orchestration.sources.states import STATE_NAME

    pattern = re.compile(STATE_NAME.pattern)
    for name in ("Ohio", "OHIO", "Northern Mariana Islands", "U.S. Virgin Islands", "District of Columbia", "GUAM"):
        assert pattern.fullmatch(name), name
    assert not pattern.fullmatch("Synthetic")


# --- what cannot be read ----------------------------------------------------------------------------------------------

HEADERS = ["STATE", "LAW ENFORCEMENT AGENCY", "SUPPORT TYPE", "SIGNED"]


def agreements(n: int, *, merged: range = range(0), signed: str = "2020-01-01") -> bytes:
    """A workbook of n agreements; of merged cells the first alone holds the state, as spreadsheets write them."""
    rows = [
        ["" if i in merged[1:] else "OHIO", f"Synthetic {i:04} Police Department", "Task Force Model", signed]
        for i in range(n)
    ]
    return workbook([HEADERS, *rows])


@pytest.mark.parametrize(("n", "merged"), [(12, 10), (1542, 10), (1542, 1517)])
def test_merged_cells_of_a_list_end_no_agreement(settings, n, merged):
    land(settings, "ice/agreements_287g", "participating", agreements(n), "2026-02-28")
    bad = land(
        settings, "ice/agreements_287g", "participating", agreements(n, merged=range(merged)), "2026-03-03"
    )  # fmt: skip
    assert bad.status == "rejected"
    assert f"{merged - 1:,} of {n:,} records cannot be read" in bad.message
    assert f"'STATE' is empty in {merged - 1:,}" in bad.message
    assert serving(settings, "ice/agreements_287g") == ["2026-02-28"]


def test_dates_that_became_words_reject_the_workbook_and_one_mistyped_date_does_not(settings):
    land(settings, "ice/agreements_287g", "participating", agreements(200), "2026-02-28")
    words = land(settings, "ice/agreements_287g", "participating", agreements(200, signed="in May"), "2026-03-03")
    assert words.status == "rejected"
    assert "'SIGNED' is not a date, or a serial number of one in 200 ('in May')" in words.message
    rows = [["OHIO", f"Synthetic {i:04} PD", "Task Force Model", "2020-01-01"] for i in range(200)]
    rows[7][3] = "05/082025"
    typo = land(settings, "ice/agreements_287g", "participating", workbook([HEADERS, *rows]), "2026-03-04")
    assert typo.status == "landed"
    assert "'05/082025'" in next(c.detail for c in typo.capture.checks if c.name == "readable")


def ncvs(weight: object, n: int = 60) -> list[dict[str, object]]:
    group = {"year": "2017", "hispanic": "1", "direl": "1", "n": "2", "weight": weight}
    return [{**group, "newoff": str(i % 5 + 1), "notify": str(i // 5 + 1)} for i in range(n)]


def test_weights_that_became_lists_leave_the_year_as_it_was(settings):
    land(settings, "bjs/victimizations", "2017", ncvs("1200.5"), "2026-01-01")
    bad = land(settings, "bjs/victimizations", "2017", ncvs(["1200.5"]), "2026-02-01")
    assert bad.status == "rejected"
    assert "60 of 60 records cannot be read (100.0%, at most 1%)" in bad.message
    assert """'weight' is not a number in 60 ('["1200.5"]')""" in bad.message
    assert serving(settings, "bjs/victimizations") == ["2026-01-01"]


def places(populations: Iterable[str | None], *, more: bool = True) -> list[list[str | None]]:
    """The Census's answer: a header row and a row a place; the sentinel of what is not available is a number."""
    header = ["NAME", "B01003_001E", *(["B03003_003E"] if more else []), "state", "place"]
    rows = [
        [f"Synthetic place {i}", people, *(["-666666666"] if more else []), "06", f"{i:05}"]
        for i, people in enumerate(populations)
    ]
    return [header, *rows]  # type: ignore[list-item]


CALIFORNIA = {"context": {"level": "place", "year": "2024"}, "params": {"level": "place", "fips": "06"}}


def test_populations_with_a_dollar_sign_leave_the_places_as_they_were(settings):
    first = land(settings, "census/places", "place:06", places(["1200", "-666666666"] * 59), "2026-01-01", **CALIFORNIA)
    assert first.status == "landed", first.message
    bad = land(settings, "census/places", "place:06", places(["$123"] * 118), "2026-02-01", **CALIFORNIA)
    assert bad.status == "rejected"
    assert "'B01003_001E' is not a whole number in 118 ('$123')" in bad.message
    assert serving(settings, "census/places") == ["2026-01-01"]


@pytest.mark.parametrize(
    ("bad", "of", "status"),
    [
        # one record alone is no share of a small capture, and staging quarantines it
        (1, 2, "landed"),
        (1, 10, "landed"),
        (2, 10, "rejected"),
        # none that can be read
        (1, 1, "rejected"),
        # exactly the bound, and one over it
        (2, 200, "landed"),
        (3, 200, "rejected"),
    ],
)
def test_the_bound_is_a_share_and_one_record_is_none(settings, bad, of, status):
    people = ["$1"] * bad + ["1"] * (of - bad)
    outcome = land(settings, "census/places", "place:06", places(people), "2026-01-01", **CALIFORNIA)
    assert outcome.status == status, outcome.message


def test_a_capture_that_cannot_be_read_stops_no_other_slice(settings):
    land(settings, "bjs/victimizations", "2017", ncvs(["1"]), "2026-01-01")
    assert land(settings, "bjs/victimizations", "2016", ncvs("1"), "2026-01-01").status == "landed"
    assert serving(settings, "bjs/victimizations") == ["2026-01-01"]


def test_what_is_imported_or_transcribed_is_read_by_the_same_rules(settings):
    for kind in ("imported", "transcribed"):
        outcome = land(settings, "bjs/victimizations", "2017", ncvs("many"), "2026-01-01", kind=kind)
        assert outcome.status == "rejected"
        assert "'weight' is not a number" in outcome.message


# --- bulk -------------------------------------------------------------------------------------------------------------


def transactions(n: int, *, of_others: int = 0, deleted: int = 0, **more: str) -> bytes:
    """A CSV of a fiscal year's transactions, as many more of other listings, and records that say `deleted`."""
    columns = ("correction_delete_ind", *REQUIRED)
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    row = dict.fromkeys(columns, "") | {
        "assistance_award_unique_key": "ASST_NON_SYNTH_015", "award_id_fain": "SYNTH", "cfda_number": LISTINGS[0],
        "federal_action_obligation": "100.00", "total_obligated_amount": "100.00", "action_date": "2024-01-02",
        "action_date_fiscal_year": "2024", "period_of_performance_start_date": "2024-01-02",
        "period_of_performance_current_end_date": "2026-01-02", "awarding_agency_code": "015",
        "awarding_agency_name": "Department of Justice", "recipient_name": "CITY OF SYNTHVILLE",
        "last_modified_date": "2024-02-01",
    }  # fmt: skip
    for i in range(n + of_others):
        other = {"cfda_number": "99.999"} if i >= n else {}
        writer.writerow({**row, "assistance_transaction_unique_key": f"SYNTH_{i}", **other, **more})
    for i in range(deleted):
        key = {"assistance_transaction_unique_key": f"SYNTH_{i}", "assistance_award_unique_key": "ASST_NON_SYNTH_015"}
        writer.writerow({**dict.fromkeys(columns, ""), **key, "correction_delete_ind": "D"})
    return out.getvalue().encode()


def year(settings: Settings, body: bytes, day: str, way: str = "download") -> Outcome:
    return land(settings, "usaspending/transactions", "FY2024", body, day, params={"way": way})


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("federal_action_obligation", "$100.00", "'federal_action_obligation' is not a number in 40 ('$100.00')"),
        ("action_date", "01/02/2024", "'action_date' is not a date (yyyy-mm-dd) in 40 ('01/02/2024')"),
        ("last_modified_date", "", "'last_modified_date' is empty in 40"),
        ("action_date_fiscal_year", "FY24", "'action_date_fiscal_year' is not a year in 40 ('FY24')"),
    ],
)
def test_records_cut_in_bulk_are_read_too(settings, field, value, words):
    assert year(settings, transactions(40), "2026-01-01").status == "landed"
    bad = year(settings, transactions(40, **{field: value}), "2026-01-02")
    assert bad.status == "rejected"
    assert words in bad.message


def test_records_that_say_deleted_fill_only_their_key(settings):
    outcome = land(
        settings,
        "usaspending/transactions",
        "delta",
        transactions(40, deleted=30),
        "2026-01-01",
        params={"way": "delta"},
    )
    assert outcome.status == "landed", outcome.message


# --- fields that became empty -----------------------------------------------------------------------------------------


def matters(n: int, **more: object) -> list[dict[str, object]]:
    return [
        {"MatterId": i, "MatterFile": f"SYN {i}", "MatterTitle": f"Synthetic title {i}", "MatterName": None,
         "MatterIntroDate": "2026-01-02T00:00:00", "MatterLastModifiedUtc": f"2026-01-02T10:00:00.{i}", **more}
        for i in range(n)
    ]  # fmt: skip


def without(rows: Sequence[dict[str, object]], name: str, new: str | None = None) -> list[dict[str, object]]:
    return [{new or k if k == name else k: v for k, v in row.items() if k != name or new} for row in rows]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (without(matters(2600), "MatterTitle"), "fields: missing: 'MatterTitle'"),
        (without(matters(2600), "MatterIntroDate", "MatterIntroductionDate"), "fields: missing: 'MatterIntroDate'"),
        (matters(2600, MatterTitle=None), "'MatterTitle' is empty in 2,600 of 2,600 records (0.0% in the last"),
        (
            [{**row, "MatterId": [row["MatterId"]]} for row in matters(2600)],
            "'MatterId' is not a whole number in 2,600",
        ),
        (matters(2600, MatterIntroDate="January 2"), "'MatterIntroDate' is not a date (yyyy-mm-dd) in 2,600"),
        (matters(2600, MatterTitle="Synthetic"), "'MatterTitle' holds one value in all of 2,600 records"),
        (matters(2600, MatterId=7), "2,599 of 2,600 records repeat a key (client, MatterId)"),
    ],
    ids=["gone", "renamed", "null", "a list", "retyped", "one value", "one key"],
)
@pytest.mark.parametrize("slice_key", ["seattle:all", "seattle"])
def test_a_field_that_is_gone_empty_or_something_else_rejects_what_a_council_sent(settings, slice_key, rows, words):
    seattle = {"context": {"client": "seattle"}, "params": {"client": "seattle"}}
    good = land(settings, "legistar/matters", slice_key, matters(2600), "2026-01-03", **seattle)
    assert good.status == "landed", good.message
    bad = land(settings, "legistar/matters", slice_key, rows, "2026-01-04", **seattle)
    assert bad.status == "rejected"
    assert words in bad.message
    assert serving(settings, "legistar/matters") == ["2026-01-03"]


def test_a_share_of_empty_values_may_not_grow_by_more_than_the_bound(settings):
    seattle = {"context": {"client": "seattle"}, "params": {"client": "seattle"}}

    def sweep(empty: int, day: str) -> str:
        rows = [{**row, "MatterIntroDate": None} if i < empty else row for i, row in enumerate(matters(1000))]
        return land(settings, "legistar/matters", "seattle:all", rows, day, **seattle).status

    # what the publisher leaves empty is the publisher's, and a new share is held against the last
    assert [sweep(300, "2026-01-03"), sweep(309, "2026-01-04"), sweep(320, "2026-01-05")] == [
        "landed", "landed", "rejected",
    ]  # fmt: skip


def test_an_increment_is_no_sample_of_the_whole(settings):
    seattle = {"context": {"client": "seattle"}, "params": {"client": "seattle"}}
    land(settings, "legistar/matters", "seattle", matters(400), "2026-01-03", **seattle)
    # twelve new matters, none introduced yet, of one title
    few = land(settings, "legistar/matters", "seattle", matters(12, MatterIntroDate=None), "2026-01-04", **seattle)
    assert few.status == "landed", few.message


def test_a_year_that_grows_is_judged_by_the_records_that_it_had(settings):
    """Most awards of a fiscal year are made in September: larger ones, and nothing is paid out of them yet."""
    paid = {"total_outlayed_amount_for_overall_award": "10.00", "primary_place_of_performance_city_name": "SYNTHVILLE"}
    august = transactions(60, **paid).splitlines(keepends=True)
    larger = transactions(460, federal_action_obligation="5000.00", total_obligated_amount="5000.00")
    september = larger.splitlines(keepends=True)[61:]
    assert year(settings, b"".join(august), "2026-08-20").status == "landed"
    grown = year(settings, b"".join([*august, *september]), "2026-10-02")
    assert grown.status == "landed", grown.message
    unpaid = transactions(60, **{**paid, "total_outlayed_amount_for_overall_award": ""}).splitlines(keepends=True)
    lost = year(settings, b"".join([*unpaid, *september]), "2026-11-02")
    assert lost.status == "rejected"
    assert "'total_outlayed_amount_for_overall_award' is empty in 460 of 460 records" in lost.message
    some = year(settings, b"".join([*august[:31], *unpaid[31:], *september]), "2026-11-03")
    assert some.status == "rejected"
    assert "is empty in 430 of 460 records that came before (87.0% in the last accepted capture)" in some.message


def test_a_set_that_grows_by_months_is_judged_by_those_that_it_had(settings):
    def groups(unknown: dict[str, int]) -> list[dict[str, str]]:
        return [
            {"month": f"2026-{month}-01T00:00:00.000", "ofns_desc": f"OFFENSE {n}", "n": "3",
             "newest": f"2026-{month}-28T00:00:00.000", **({"vic_race": "WHITE"} if n >= of_month else {})}
            for month, of_month in unknown.items() for n in range(100)
        ]  # fmt: skip

    def city(unknown: dict[str, int], day: str) -> Outcome:
        which = {"set": "5uac-w243", "city": "new_york", "year": "2026"}
        return land(
            settings, "socrata/incident_months", "5uac-w243 2026", groups(unknown), day, context=which, params=which
        )

    assert city({"01": 5}, "2026-02-10").status == "landed"
    grown = city({"01": 5, "02": 9, "03": 14}, "2026-04-20")
    assert grown.status == "landed", grown.message
    lost = city({"01": 25, "02": 9, "03": 14, "04": 9}, "2026-05-20")
    assert lost.status == "rejected"
    assert (
        "'vic_race' is empty in 48 of 300 records that came before (9.3% in the last accepted capture)" in lost.message
    )


def test_months_of_a_set_that_are_judged_by_their_shares(settings):
    def january(groups: int, unknown: int, day: str, undated: int = 0) -> Outcome:
        body = [
            {"month": None if n < undated else "2026-01-01T00:00:00.000", "ofns_desc": f"OFFENSE {n}", "n": "3",
             "newest": "2026-01-04T00:00:00.000", **({"vic_race": "WHITE"} if n >= unknown else {})}
            for n in range(groups)
        ]  # fmt: skip
        which = {"set": "5uac-w243", "city": "new_york", "year": "2026"}
        return land(settings, "socrata/incident_months", "5uac-w243 2026", body, day, context=which, params=which)

    assert january(40, 4, "2026-01-05").status == "landed"
    # a month under way has more groups each night
    later = january(400, 40, "2026-01-30")
    assert later.status == "landed", later.message
    lost = january(400, 60, "2026-02-05")
    assert lost.status == "rejected"
    assert "'vic_race' is empty in 60 of 400 records that came before (10.0% in the last" in lost.message
    # the months that came before have a month, each of them
    undated = january(400, 40, "2026-02-06", undated=160)
    assert undated.status == "rejected"
    assert "'month' is empty in 160 of 400 records (0.0% in the last accepted capture)" in undated.message


def test_a_year_of_awards_that_grows_is_of_the_units_that_it_was(settings):
    def answer(small: int, large: int, unit: float = 1) -> dict[str, object]:
        amounts = [*[500 * unit] * small, *[250_000 * unit] * large]
        return {"results": [
            {"Award ID": f"SYNTH{n}", "Recipient Name": f"CITY {n}", "Award Amount": amount, "Start Date": "2026-01-01",
             "generated_internal_id": f"ASST_NON_SYNTH{n}_015"} for n, amount in enumerate(amounts)
        ]}  # fmt: skip

    def awards(body: object, day: str) -> Outcome:
        return land(settings, "usaspending/awards", "grants:FY2026", body, day)

    assert awards(answer(40, 0), "2026-08-20").status == "landed"
    grown = awards(answer(40, 400), "2026-10-02")
    assert grown.status == "landed", grown.message
    assert awards(answer(40, 500, unit=0.001), "2026-11-02").status == "rejected"


def test_a_year_of_other_units_is_seen_though_it_grew(settings):
    cents = {"federal_action_obligation": "10000.00"}
    assert year(settings, transactions(60), "2026-08-20").status == "landed"
    other = year(settings, transactions(460, **cents), "2026-10-02")
    assert other.status == "rejected"
    assert "'federal_action_obligation' is 10,000 in the median record, 100 in the last" in other.message


def test_a_year_under_other_keys_is_compared_as_a_whole(settings):
    assert year(settings, transactions(60), "2026-08-20").status == "landed"
    renamed = transactions(60, recipient_name="").replace(b"SYNTH_", b"OTHER_")
    bare = b"".join([*transactions(40).replace(b"SYNTH_", b"NEW_").splitlines(keepends=True),
                     *renamed.splitlines(keepends=True)[1:21]])  # fmt: skip
    other = year(settings, bare, "2026-10-02")
    assert other.status == "rejected"
    assert "'recipient_name' is empty in 20 of 60 records (0.0% in the last accepted capture)" in other.message


def test_a_value_that_the_publisher_leaves_out_is_no_fault(settings):
    months = {f"{m:02}-2025": (None if m > 6 else 3) for m in range(1, 13)}
    answer = {
        "offenses": {"actuals": {"Synthetic PD Offenses": months, "Synthetic PD Clearances": {}}},
        "populations": {"population": {"Synthetic PD": dict.fromkeys(months, 0)}},
    }
    context = {"ori": "OHSYN0000", "offense_code": "HOM", "state_abbr": "OH"}
    outcome = land(settings, "fbi/agency_months", "OHSYN0000", answer, "2026-01-01", context=context)
    assert outcome.status == "landed", outcome.message


# --- volume -----------------------------------------------------------------------------------------------------------


def test_a_field_less_is_no_excuse_for_the_records(settings):
    land(settings, "census/places", "place:06", places(["10"] * 119), "2026-01-01", **CALIFORNIA)
    less = land(settings, "census/places", "place:06", places(["10"] * 27, more=False), "2026-02-01", **CALIFORNIA)
    assert less.status == "rejected"
    assert "27 records against 119 last time" in less.message
    seattle = {"context": {"client": "seattle"}, "params": {"client": "seattle"}}
    land(settings, "legistar/matters", "seattle:all", matters(2600), "2026-01-03", **seattle)
    bare = without(matters(100), "MatterName")
    less = land(settings, "legistar/matters", "seattle:all", bare, "2026-01-04", **seattle)
    assert less.status == "rejected"
    assert "100 records against 2,600 last time" in less.message


def test_another_way_to_a_year_is_no_excuse_either(settings):
    year(settings, transactions(417), "2026-01-01", "download")
    less = year(settings, transactions(41), "2026-01-02", "archive")
    assert less.status == "rejected"
    assert "41 records against 417 last time" in less.message


def test_an_archive_of_the_whole_department_is_compared_by_the_listings_that_are_asked_for(settings):
    assert year(settings, transactions(41, of_others=900), "2026-01-01", "archive").status == "landed"
    assert year(settings, transactions(41), "2026-01-02", "download").status == "landed"
    less = year(settings, transactions(20, of_others=2000), "2026-01-03", "bulk")
    assert less.status == "rejected"
    assert "20 records against 41 last time" in less.message


def test_microdata_and_grouped_rows_of_a_year_are_compared_by_what_they_count(settings):
    rows = [{"year": "2017", "hispanic": "1", "newoff": "1", "direl": "1", "notify": "1", "newwgt": "9"}] * 120
    microdata = {"params": {"form": "microdata"}, "kind": "imported"}
    assert land(settings, "bjs/victimizations", "2017", rows, "2026-01-01", **microdata).status == "landed"
    # 60 groups stand for 120 victimizations
    assert land(settings, "bjs/victimizations", "2017", ncvs("1"), "2026-01-02").status == "landed"
    less = land(settings, "bjs/victimizations", "2017", ncvs("1", n=30), "2026-01-03")
    assert "60 victimizations against 120 last time" in less.message


@pytest.mark.parametrize(("records", "status"), [(80, "landed"), (79, "rejected")])
def test_the_least_volume_itself_is_enough(settings, records, status):
    land(settings, "bjs/victimizations", "2017", ncvs("1", n=100), "2026-01-01")
    assert land(settings, "bjs/victimizations", "2017", ncvs("2", n=records), "2026-01-02").status == status


def test_a_part_of_a_list_is_compared_with_the_same_part_and_what_was_typed_with_nothing(settings):
    ohio = Selection("STATE", ("OHIO",))
    land(settings, "ice/agreements_287g", "participating", agreements(50), "2026-01-01", kind="transcribed")
    part = land(settings, "ice/agreements_287g", "participating", agreements(5), "2026-01-02", selection=ohio)
    assert part.status == "landed", part.message
    less = land(settings, "ice/agreements_287g", "participating", agreements(2), "2026-01-03", selection=ohio)
    assert "2 records against 5 last time" in less.message
    land(settings, "bjs/victimizations", "2017", ncvs("1", n=100), "2026-01-01", kind="transcribed")
    fetched = land(settings, "bjs/victimizations", "2017", ncvs("1", n=20), "2026-01-02")
    assert fetched.status == "landed", fetched.message


def test_a_list_is_compared_with_the_one_before_it_whoever_brought_that_and_never_with_a_later_one(settings):
    land(settings, "ice/agreements_287g", "participating", agreements(1800), "2026-05-01")
    early = land(settings, "ice/agreements_287g", "participating", agreements(150), "2021-01-01", kind="imported")
    assert early.status == "landed", early.message
    half = land(settings, "ice/agreements_287g", "participating", agreements(80), "2021-02-01", kind="imported")
    assert half.status == "rejected"
    assert "80 records against 150 last time" in half.message


# --- real files -------------------------------------------------------------------------------------------------------


def _mirror(folder: Path) -> list[Path]:
    path = folder / "mirror.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted((REAL / "legistar/nyc_immigration").glob("introduction_*.json")):
            _, year_, number = file.stem.split("_")
            archive.write(file, f"introduction/{year_}/{number}.json")
    return [path]


@pytest.mark.real
@pytest.mark.parametrize(
    ("dataset_id", "pattern", "records"),
    [
        ("ice/agreements_287g", "trackers/ice_287g*/*.xlsx", 24_750),
        ("dhs/sanctuary_list", "trackers/dhs_sanctuary_list*.csv", 606),
        ("bjs/victimizations", "bjs_ncvs/*.json.gz", 15_123),
        ("fbi/table8", "fbi/fbi_table8*.csv.gz", 103_826),
        ("usaspending/assistance_listings", "usaspending/assistance_listings/*.json", 54),
        ("legistar/matters", "legistar/nyc/*.json", None),
        ("legistar/histories", "legistar/nyc/*.json", None),
        ("legistar/matters", "legistar/sanjose_matters.json", None),
        ("legistar/matters", _mirror, None),
    ],
)
def test_every_real_file_can_be_read(settings, tmp_path, dataset_id, pattern, records):
    if not REAL.exists():
        pytest.skip(f"{REAL} is not there: real files stay out of the repository")
    files = pattern(tmp_path) if callable(pattern) else sorted(REAL.glob(pattern))
    assert files
    results = import_files(sources.get(dataset_id), files, settings)
    assert not [result.line() for result in results if not result.ok]
    if records:
        assert sum(result.records for result in results) == records
    shutil.rmtree(settings.home)


def test_the_bound_in_numbers():
    assert accept.too_many_unreadable(1, 1, 0.01)
    assert not accept.too_many_unreadable(1, 2, 0.01)
    assert accept.too_many_unreadable(1, 10_000, 0.0)
    assert not accept.too_many_unreadable(0, 0, 0.0)
    assert not accept.too_many_unreadable(5, 5, 1.0)
