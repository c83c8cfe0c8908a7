"""The site's files: complete, linked, sealed, quick to make, and true to the release's file.

What belongs here: what the files themselves show. What does not: how a browser shows them (test_pages_in_a_browser).
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import time
import tomllib
from pathlib import Path

import duckdb
import lxml.html
import pytest

from orchestration.reading import reader
from orchestration.release import audit, history, layout, publish
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.site import build, glossary, prose
from orchestration.site.pages import VENDOR_FOLDER
from tools import site_charts

_ATTRIBUTES = (
    ("a", "href"),
    ("link", "href"),
    ("script", "src"),
    ("img", "src"),
    ("form", "action"),
    ("iframe", "src"),
)


def documents(site: Path) -> dict[Path, lxml.html.HtmlElement]:
    return {path: lxml.html.document_fromstring(path.read_bytes()) for path in sorted(site.rglob("*.html"))}


def test_every_link_inside_leads_to_a_file_and_to_its_part(site: Path):
    pages, broken = documents(site), []
    ids = {path.resolve(): {one.get("id") for one in page.iter() if one.get("id")} for path, page in pages.items()}
    for path, page in pages.items():
        for tag, attribute in _ATTRIBUTES:
            for element in page.iter(tag):
                address = element.get(attribute)
                if address is None or address.startswith(("http://", "https://", "data:")):
                    continue
                name, _, part = address.partition("#")
                target = (path.parent / name.partition("?")[0]).resolve() if name else path.resolve()
                if not target.is_file() or (part and target in ids and part not in ids[target]):
                    broken.append(f"{path.relative_to(site)}: {address}")
    assert broken == []


def test_nothing_is_loaded_from_another_address(site: Path):
    for path, page in documents(site).items():
        loaded = [one.get("src") for one in page.iter("script", "img", "iframe", "source") if one.get("src")]
        loaded += [one.get("href") for one in page.iter("link")]
        assert [one for one in loaded if "//" in one] == [], path
    assert "url(" not in (site / "site.css").read_text(encoding="utf-8")
    assert "@import" not in (site / "site.css").read_text(encoding="utf-8")


def test_the_site_is_sealed_with_the_release_and_small(site: Path):
    sums = (site.parent / "SHA256SUMS").read_text(encoding="utf-8")
    files = [path for path in site.rglob("*") if path.is_file()]
    assert [path for path in files if f"  {path.relative_to(site.parent)}\n" not in sums] == []
    assert sum(path.stat().st_size for path in files) < 40 * 2**20


def test_every_published_table_has_a_page_with_all_its_columns(site: Path, warehouse: reader.Reader):
    columns = warehouse.execute(
        "select schema_name || '.' || table_name, list(column_name)"
        f" from {layout.catalog('duckdb_columns')} group by all"
    ).fetchall()
    assert len(columns) > 100
    for table, names in columns:
        page = lxml.html.document_fromstring((site / "dictionary" / f"{table}.html").read_bytes())
        assert {one.get("id") for one in page.iter("tr")} >= set(names), table


def test_every_document_has_a_page(site: Path):
    names = {path.stem for path in (PROJECT_ROOT / "docs").glob("*.md")}
    assert names == {path.stem for path in (site / "methods").glob("*.html")} - {"index"}


def test_a_table_is_handed_out_as_csv_whole_or_not_at_all(site: Path, warehouse: reader.Reader):
    tables = {f"{s}.{t}": n for s, t, n in warehouse.execute(
        f"select schema_name, table_name, estimated_size from {layout.catalog('duckdb_tables')}"
    ).fetchall()}  # fmt: skip
    written = {path.stem for path in (site / "data" / "tables").glob("*.csv")}
    assert written <= set(tables)
    assert len(written) > 80
    assert {"core.fct_award", "core.dim_tracker", "analysis.mart_claim_check"} <= written
    for table in written:
        rows = list(csv.reader((site / "data" / "tables" / f"{table}.csv").open(encoding="utf-8", newline="")))
        assert len(rows) - 1 == tables[table], table
        means = json.loads((site / "data" / "tables" / f"{table}.csv.metadata.json").read_text(encoding="utf-8"))
        data = (site / "data" / "tables" / means["path"]).read_bytes()
        assert (means["bytes"], means["hash"]) == (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}"), table
        assert [field["name"] for field in means["schema"]["fields"]] == rows[0], table
        assert (means["rows"], bool(means["cite"])) == (tables[table], True), table
    for table, rows_of_it in tables.items():
        page = (site / "dictionary" / f"{table}.html").read_text(encoding="utf-8")
        assert (f"data/tables/{table}.csv" in page) is (table in written)
        assert (f'from {table}" --output' in page) is (rows_of_it > 0 and table not in written), table
    awards = list(csv.DictReader((site / "data" / "tables" / "core.fct_award.csv").open(encoding="utf-8")))
    (total,) = warehouse.execute("select sum(obligated_amount) from core.fct_award").fetchall()[0]
    assert sum(float(row["obligated_amount"]) for row in awards) == pytest.approx(float(total))


def test_each_join_that_is_drawn_finds_every_row(site: Path, warehouse: reader.Reader):
    page = lxml.html.document_fromstring((site / "dictionary" / "joins.html").read_bytes())
    joins = [
        tuple(cell.text_content() for cell in row.iter("td")) for row in page.iter("tr") if row.find("td") is not None
    ]
    assert len(joins) > 60
    assert ("core.fct_award", "start_date_key", "core.dim_date", "date_key") in joins
    for table, column, other, key in joins:
        (lost,) = warehouse.execute(
            f"select count(*) from {table} as a anti join {other} as b on a.{column} = b.{key}"
            f" where a.{column} is not null"
        ).fetchall()[0]
        assert lost == 0, (table, column)
    drawn = [path for path in page.iter("path") if path.getparent().get("class") == "table"]
    assert len(drawn) == len(joins), "a line for each join"
    facts = warehouse.execute("""
        select table_name from duckdb_tables() where schema_name = 'core' and table_name like 'fct_%'
    """).fetchall()  # fmt: skip
    assert {name for (name,) in facts} <= {text.text_content() for text in page.iter("text")}


def test_a_word_of_the_glossary_is_linked_once_on_a_page_where_it_first_stands(site: Path):
    glossary_page = documents(site)[site / "methods" / "glossary.html"]
    ids = {one.get("id") for one in glossary_page.iter() if one.get("id")}
    assert {glossary.anchor(word) for word in glossary.meanings()} <= ids
    for path, page in documents(site).items():
        linked = [one.get("href").partition("#")[2] for one in page.iter("a") if one.get("class") == "word"]
        assert len(linked) == len(set(linked)), path
        assert set(linked) <= ids, path
        assert all(one.get("title") for one in page.iter("a") if one.get("class") == "word")
    front = documents(site)[site / "index.html"]
    assert any(one.text == "NCVS" for one in front.iter("a") if one.get("class") == "word")


def test_the_sources_say_under_which_terms_each_data_set_is(site: Path, warehouse: reader.Reader):
    page = documents(site)[site / "sources.html"]
    terms = {row.get("id"): row.findall("td")[-1].find("span").text for row in page.iter("tr") if row.get("id")}
    assert set(terms) == {one for (one,) in warehouse.execute("select dataset from meta.source_status").fetchall()}
    assert terms["usaspending__awards"] == "public domain"
    assert terms["cis__sanctuary_map"] == terms["socrata__incidents"] == "not stated"
    assert terms["ledger__policy_events"] == "Apache-2.0"


# claimed by the article (article_claims); printed by the city, and by the US Conference of Mayors
FIGURES_OF_CLAIMS = {
    "chicago_chp_fy2016": ("at least $3,000,000", "$3,125,000 (printed)"),
    "cops_total_fy2016": ("$214,000,000", "$212,000,000 (printed)"),
    "fy2012_budget_scrap": ("$0", "$0 (printed)"),
    "latino_sexual_assault_reports_2017": ("-25%",),
    "hopkins_operation_recess": ("5 a week",),
}


def test_the_front_says_each_claim_with_its_verdict(site: Path, warehouse: reader.Reader):
    page = lxml.html.document_fromstring((site / "index.html").read_bytes())
    claims = warehouse.execute("select claim_id, claim, verdict from analysis.mart_claim_check").fetchall()
    assert len(claims) == 10
    for claim_id, claim, verdict in claims:
        text = page.get_element_by_id(f"claim-{claim_id}").text_content()
        assert claim in text
        for figure in FIGURES_OF_CLAIMS.get(claim_id, ()):
            assert figure in text
        assert verdict in text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("captured_awards", "select cast(fiscal_year as varchar), cast(count(*) as varchar) from core.fct_award"
                            " group by fiscal_year order by 1"),
        # every workbook, those without a new name too
        ("agreements_287g", """
            select cast(snapshot_on as varchar), cast(cast(sum(names_listed) as bigint) as varchar)
            from core.fct_tracker_snapshot join core.dim_tracker using (tracker_key)
            where tracker_code = 'ice_287g' group by snapshot_on order by 1"""),
    ],
)  # fmt: skip
def test_what_a_picture_hands_out_is_what_sql_says(site: Path, warehouse: reader.Reader, name: str, expected: str):
    rows = list(csv.reader((site / "data" / f"{name}.csv").open(encoding="utf-8")))
    assert [tuple(row[:2]) for row in rows[1:]] == warehouse.execute(expected).fetchall()
    told = json.loads((site / "data" / f"{name}.json").read_text(encoding="utf-8"))
    assert list(told["columns"]) == rows[0]
    assert len(told["rows"]) == len(rows) - 1
    assert told["caveats"]
    assert told["release"] in told["cite"]


@pytest.mark.parametrize(
    ("name", "dataset", "license_name"),
    [
        ("captured_awards", "usaspending/awards", "other-pd"),
        ("agreements_287g", "ice/agreements_287g", "other-pd"),
        ("cops_budget", "omb/budget", "other-pd"),
        ("printed_figures", "published/statistics", "notspecified"),
    ],
)
def test_what_a_picture_hands_out_says_whose_it_is_and_under_which_terms(site: Path, name, dataset, license_name):
    told = json.loads((site / "data" / f"{name}.json").read_text(encoding="utf-8"))
    (source,) = (one for one in told["sources"] if one["dataset"] == dataset)
    assert source["license"] == license_name
    assert source["publisher"]
    assert source["retrieved_at"]
    terms = {one["name"] for one in told["licenses"]}
    assert {one["license"] for one in told["sources"]} == terms


def test_no_caveat_of_a_table_is_on_a_column_that_it_lacks(site: Path):
    """A caveat of a named query may stand beside another answer: what it says of columns must be of this one's."""
    elsewhere = re.compile(r"[a-z_]+ in (?:(?:core|analysis|meta|reference)\.\w+|the mart)\b")
    files = [*(site / "data").glob("*.json")]
    assert len(files) > 15
    for file in files:
        told = json.loads(file.read_text(encoding="utf-8"))
        for caveat in told["caveats"]:
            named = set(prose.COLUMN.findall(elsewhere.sub("", caveat)))
            assert named <= set(told["columns"]), (file.name, caveat)


def test_two_lists_share_what_the_published_lists_share(site: Path):
    # counted in the two lists themselves: 4 counties, 18 cities and 11 states are on both
    rows = list(csv.DictReader((site / "data" / "two_lists.csv").open(encoding="utf-8")))
    both = {row["level"]: int(row["jurisdictions"]) for row in rows if row["listed_by"] == "both lists"}
    assert both == {"counties": 4, "cities and towns": 18, "states": 11}
    told = json.loads((site / "data" / "two_lists.json").read_text(encoding="utf-8"))
    # the District is a city on one list and a state on the other, Denver a county and a city
    assert "Under the same headings, Justice's list names 33 of the 605 names" in (site / "index.html").read_text()
    assert any("under another heading" in said and "District of Columbia" in said for said in told["caveats"])


def test_the_agreements_are_those_of_each_workbook_that_the_publisher_kept(site: Path):
    """Counted in the workbooks themselves: 148 on 2021-02-01, 135 on 2025-02-09; 69 workbooks."""
    with (site / "data" / "agreements_287g.csv").open(encoding="utf-8") as stream:
        found = {row["snapshot_on"]: row["agreements"] for row in csv.DictReader(stream)}
    assert len(found) == 69
    assert (found["2021-02-01"], found["2025-02-09"]) == ("148", "135")


def test_two_years_of_the_highest_budget_are_both_named(site: Path):
    """The budgets print 1,430 million for FY1998 and for FY1999."""
    assert "highest in FY1998 and FY1999, at $1,430 million" in (site / "money.html").read_text(encoding="utf-8")


def test_a_resolution_is_not_called_a_law(site: Path):
    with (site / "data" / "unread_laws.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    laws = sum(not row["law"].startswith("Resolution") for row in rows)
    page = (site / "ordinances.html").read_text(encoding="utf-8")
    assert f"(laws: {laws}, resolutions: {len(rows) - laws})" in page
    assert "became law, and nobody" not in page


def remade(published: Settings, folder: Path) -> tuple[Path, history.Release]:
    """A folder with a copy of the release's warehouse, to be written to."""
    release = history.last_release(published)
    assert release
    folder.mkdir()
    shutil.copyfile(release.path, folder / "warehouse.duckdb")
    return folder, release


def test_the_site_is_written_in_seconds(published: tuple[Settings, dict[str, object]], tmp_path: Path):
    folder, release = remade(published[0], tmp_path / "release")
    began = time.process_time()
    build.write(published[0], folder, release)
    assert time.process_time() - began < 10
    assert (folder / "site" / "index.html").is_file()


def test_a_release_that_holds_nothing_has_a_site_that_says_so(
    published: tuple[Settings, dict[str, object]], tmp_path: Path
):
    folder, release = remade(published[0], tmp_path / "release")
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        for schema, table in tables:
            if schema in ("core", "analysis", "reference") or table in (
                "holdings",
                "source_status",
                "payload",
                "capture",
            ):
                connection.execute(f'delete from "{schema}"."{table}"')
    build.write(published[0], folder, release)
    front = lxml.html.document_fromstring((folder / "site" / "index.html").read_bytes()).text_content()
    assert front.count("This edition holds no figures for this picture.") == 4
    assert "holds no row of this table" in (folder / "site" / "dictionary" / "core.fct_award.html").read_text("utf-8")


def test_what_the_process_that_writes_the_dictionary_says_is_raised(
    published: tuple[Settings, dict[str, object]], tmp_path: Path
):
    folder, release = remade(published[0], tmp_path / "release")
    # only the dictionary reads what dbt left in the home
    without_a_build = Settings(home=tmp_path / "empty", edition="recorded")
    with pytest.raises(RuntimeError, match=r"the dictionary of the site could not be written: (.|\n)*manifest\.json"):
        build.write(without_a_build, folder, release)


def test_a_release_whose_site_cannot_be_written_is_not_published(sealed: tuple[Settings, str]):
    settings, run_id = sealed

    def there() -> tuple[Path, list[str]]:
        return settings.published_dir.resolve(), sorted(each.name for each in settings.releases_dir.glob("[0-9]*"))

    before = there()

    def written_and_broken(settings: Settings, folder: Path, release: history.Release) -> None:
        build.write(settings, folder, release)
        raise OSError("synthetic fault")

    with pytest.raises(OSError, match="synthetic fault"):
        publish.publish(settings, audit.audit(settings, run_id=run_id), companions=[written_and_broken])
    assert there() == before


def test_what_the_site_carries_is_what_the_record_says():
    record = tomllib.loads((VENDOR_FOLDER / "vendor.toml").read_text(encoding="utf-8"))["files"]
    assert set(record) == {path.name for path in VENDOR_FOLDER.iterdir() if path.suffix in (".js", ".json")}
    for name, about in record.items():
        assert hashlib.sha256((VENDOR_FOLDER / name).read_bytes()).hexdigest() == about["sha256"], name
        assert about["license"]


def test_the_charts_are_those_that_are_declared():
    assert site_charts.main(["--check"]) == 0
