"""Citations: one function makes them all, and each names the release, the publisher, the retrieval and the bytes."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date, datetime

import pytest

from orchestration.reading import citing, trace
from orchestration.reading.questions import UnknownQuestion, questions
from orchestration.reading.reader import connect
from orchestration.release import citation
from tests.conftest import clawback


@pytest.fixture(scope="module")
def home(published):
    return published[0]


@pytest.fixture(scope="module")
def reader(home):
    with connect(home) as opened:
        yield opened


@pytest.fixture(scope="module")
def award(reader) -> tuple:
    """An award with the payload that it was read from."""
    return reader.execute(
        "select a.award_key, p.sha256, p.retrieved_at, p.url, c.publisher from core.fct_award as a"
        " join meta.capture as c on c.capture_id = a._capture_id"
        " join meta.payload as p on p.capture_id = a._capture_id and p.payload_id = a._payload_id"
        " where c.dataset = 'usaspending__awards' order by 1 limit 1"
    ).fetchone()


def test_a_row_s_citation_has_release_publisher_retrieval_and_both_digests(reader, award):
    key, sha256, retrieved_at, url, publisher = award
    line = citing.of_row(reader, "core.fct_award", key, "text")
    (release,) = reader.execute("select release_id from meta.release").fetchone()
    for part in (key, f"release {release}", publisher, f"dated {retrieved_at.date()}", f"sha256 {sha256}"):
        assert part in line
    assert url not in line  # nothing was fetched from there: the figures were typed
    assert hashlib.sha256(reader.file.read_bytes()).hexdigest() in line


def test_the_sha256_is_the_one_that_trace_verifies(home, reader, award):
    found = trace.trace(home, "core.fct_award", award[0])
    assert found.payload["sha256"] in citing.of_row(reader, "core.fct_award", award[0], "text")


def test_csl_json_is_what_citation_managers_import(reader, award):
    key, sha256, _, _, publisher = award
    (item,) = json.loads(citing.of_row(reader, "core.fct_award", key, "csl-json"))
    assert item["type"] == "dataset"
    assert item["source"] == publisher
    assert item["URL"].startswith("https://www.usaspending.gov/award/ASST_")
    assert "accessed" not in item  # a transcription retrieves nothing
    assert sha256 in item["note"]
    assert re.fullmatch(r"[a-z0-9.-]+", item["id"])


def fields_of(entry: str) -> dict[str, str]:
    """A BibTeX entry's fields, by the grammar: braces balanced, a backslash takes the next character along."""
    assert re.match(r"@misc\{[a-z0-9.-]+,\n", entry)
    fields, depth, name, start, place = {}, 0, "", 0, entry.index(",") + 1
    while place < len(entry):
        sign = entry[place]
        if sign == "\\":
            place += 2
            continue
        if sign == "{":
            if depth == 0:
                name, start = entry[:place].rpartition("\n")[2].partition(" =")[0].strip(), place + 1
            depth += 1
        if sign == "}":
            depth -= 1
            if depth == 0:
                fields[name] = entry[start:place]
            if depth < 0:
                assert place == len(entry) - 1
        place += 1
    assert depth == -1
    return fields


def test_bibtex_is_balanced_and_has_every_field(reader, award):
    fields = fields_of(citing.of_row(reader, "core.fct_award", award[0], "bibtex"))
    assert {"author", "title", "year", "howpublished", "version", "note", "url"} <= fields.keys()
    assert "urldate" not in fields
    assert r"core.fct\_award" in fields["title"]


@pytest.mark.parametrize("format_", citing.FORMATS)
def test_what_was_typed_is_never_cited_as_bytes_that_a_publisher_sent(reader, format_):
    """Of every table that was read from a transcribed capture, one row."""
    tables = reader.execute(
        "select distinct table_schema || '.' || table_name from meta.column_dictionary"
        " where column_name = '_capture_id' and table_schema = 'core' order by 1"
    ).fetchall()
    cited = 0
    for (table,) in tables:
        found = reader.execute(
            f"select columns(t.*)::varchar from {table} as t join meta.capture as c on c.capture_id = t._capture_id"
            " where c.kind = 'transcribed' limit 1"
        ).fetchall()
        if not found or found[0][0] == "-1":
            continue
        written = citing.of_row(reader, table, found[0][0], format_)
        note = {"text": str, "bibtex": lambda t: fields_of(t)["note"], "csl-json": lambda t: json.loads(t)[0]["note"]}
        said = note[format_](written)
        assert "transcribed by Clawback" in said, table
        assert "not of bytes that the publisher sent" in said, table
        assert "retrieved" not in said, table
        assert "orchestration/" not in written, table
        cited += 1
    assert cited > 12


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # the last part of such a key is the agency that pays, the same in every award of it
        ("Row of core.fct_award with award_unique_key = ASST_NON_15JCOPS23GG01854LEMH_1500",
         "Row of core.fct_award with award_unique_key = ASST_NON_15JCOPS23GG01855LEMH_1500"),
        ("Which federal policing awards does St. Louis city, Missouri hold on 2026-01-01, and what makes up the sum?",
         "Which federal policing awards does St. Paul city, Minnesota hold on 2026-01-01, and what makes up the sum?"),
    ],
)  # fmt: skip
def test_two_citations_have_two_keys_and_one_has_the_same_again(one: str, other: str):
    cited = citation.Edition("2026.01.02", "live", date(2026, 1, 2))
    keys = [json.loads(citation.csl_json(cited, what, []))[0]["id"] for what in (one, other, one)]
    assert keys[0] == keys[2] != keys[1]
    assert citation.bibtex(cited, one, []).startswith(f"@misc{{{keys[0]},")


def test_what_was_fetched_is_cited_as_retrieved_with_the_bytes_own_digest():
    cited = citation.Edition("2026.01.02", "live", date(2026, 1, 2))
    source = citation.Source("P", "T", "https://example.org/a", datetime(2026, 1, 1), "ab", "fetched", "a note")  # noqa: DTZ001
    assert citation.text(cited, "A row", [source]).endswith(
        "From: P: T, https://example.org/a, retrieved 2026-01-01, sha256 ab."
    )
    assert json.loads(citation.csl_json(cited, "A row", [source]))[0]["accessed"] == {"date-parts": [[2026, 1, 1]]}


def test_a_row_that_cites_a_document_is_cited_by_it_and_its_publisher(reader):
    key, source, publisher = reader.execute(
        "select statement_key, source_citation, announced_by from core.fct_award_statement"
        " where source_citation like 'https://www.chicago.gov%' order by 1 limit 1"
    ).fetchone()
    line = citing.of_row(reader, "core.fct_award_statement", key, "text")
    assert f"From: {publisher}: " in line
    assert source in line


def test_an_answer_says_that_its_figures_were_typed(reader):
    line = citing.of_question(reader, "at_risk", {}, "text")
    # the list, the legal events, the awards, and what the nation obligated
    assert line.count("transcribed by Clawback from a publication") == 4
    assert "US Department of Justice: Sanctuary jurisdictions listed" in line
    assert "retrieved" not in line
    assert "orchestration/" not in line


def test_a_table_without_a_key_says_that_one_is_needed_and_how(home):
    done = clawback(home.root, "cite", "core.fct_award")
    assert done.returncode == 2
    assert "give its key, `clawback cite core.fct_award KEY` with a value of award_key" in done.stderr


@pytest.mark.parametrize("what", ["100% of {a}_b & c#d $e ^f ~g", "\\input{x}", "}{", "a\nb"])
def test_tex_prints_every_character_of_a_title(what):
    cited = citation.Edition("2026.01.02", "recorded", date(2026, 1, 2))
    source = citation.Source("P", "T", "https://example.org/{year}?a=%20", datetime(2026, 1, 1), "ab")  # noqa: DTZ001
    fields = fields_of(citation.bibtex(cited, what, [source]))
    assert not re.search(r"(?<!\\)[&%$#_]", fields["title"])
    assert fields["url"] == "https://example.org/%7Byear%7D?a=%20"


def test_two_rows_of_a_table_have_two_keys(reader):
    keys = [key for (key,) in reader.execute("select award_key from core.fct_award order by 1 limit 5").fetchall()]
    ids = {json.loads(citing.of_row(reader, "core.fct_award", key, "csl-json"))[0]["id"] for key in keys}
    assert len(ids) == len(keys)


@pytest.mark.parametrize("format_", citing.FORMATS)
def test_every_question_can_be_cited(reader, format_):
    for name in ("at_risk", "reporting_gap", "coverage", "status"):
        assert citing.of_question(reader, name, {}, format_)
    assert set(questions()) >= {"at_risk"}


def test_a_computed_row_names_the_publishers_of_its_columns_and_a_table_of_ours_the_release(reader):
    (claim,) = reader.execute("select claim_id from analysis.mart_claim_check order by 1 limit 1").fetchone()
    assert "USAspending" in citing.of_row(reader, "analysis.mart_claim_check", claim, "text")
    assert "From:" not in citing.of_row(reader, "reference.states", "fips=06", "text")


def test_what_is_not_there_is_an_error(reader):
    with pytest.raises(trace.CannotTrace, match="no row with award_key = 'x'"):
        citing.of_row(reader, "core.fct_award", "x", "text")
    with pytest.raises(UnknownQuestion):
        citing.of_question(reader, "nonsense", {}, "text")


def test_the_command_line_cites_and_tells_what_is_wrong(home, award):
    done = clawback(home.root, "cite", "core.fct_award", award[0], "--format", "csl-json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["type"] == "dataset"
    missing = clawback(home.root, "cite", "core.fct_award", "x")
    assert (missing.returncode, "no row" in missing.stderr) == (1, True)
    assert (
        "A row is cited by its table and key: clawback cite TABLE KEY" in clawback(home.root, "cite", "nonsense").stderr
    )


def test_the_site_s_line_is_the_same(home):
    front = (home.published_dir / "site" / "index.html").read_text(encoding="utf-8")
    with connect(home) as reader:
        release, edition, built = reader.execute("select release_id, edition, built_at from meta.release").fetchone()
    assert citation.line(citation.Edition(release, edition, built.date())) in front
