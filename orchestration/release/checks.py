"""The gate's checks of tables: rows, control totals, lost records, quarantine, key figures, joins, descriptions.

What belongs here: each check, and its name. What does not: sums (sums), dbt's own tests and the order of all checks
(audit).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from orchestration import sources
from orchestration.landing import accept
from orchestration.release import former, history, joins
from orchestration.release.findings import Checked, checked
from orchestration.release.layout import PUBLISHED_SCHEMAS, catalog
from orchestration.release.markers import Marker
from orchestration.settings import Settings

# What dbt builds there: models, and the seeds whose config says `schema: reference`.
PUBLISHED_KINDS = ("model", "seed")
# A fact that lost more than this share of its rows since the last release is a fault until somebody says otherwise.
LARGEST_FALL = 0.3
KEY_FIGURES = Path(__file__).with_name("key_figures.toml")


def of_tables(
    connection: duckdb.DuckDBPyConnection, settings: Settings, marker: Marker, manifest: Mapping[str, Any]
) -> Iterator[Checked]:
    """Every check of this module on the candidate that the connection is open on."""
    yield from _falls(connection, settings, marker)
    yield from _control_totals(connection)
    yield from _quarantined(connection)
    yield from _key_figures(connection)
    yield from _documented(connection, manifest)
    yield _joins(connection, manifest)


def names(facts: Iterable[str]) -> list[str]:
    """The names of the checks, which do not depend on the candidate. facts: ``core.fct_...``."""
    figures = tomllib.loads(KEY_FIGURES.read_text(encoding="utf-8"))["figure"]
    return [
        *(f"rows of {table}" for table in sorted(facts)),
        "tables kept",
        "control totals",
        "records conserved",
        *(f"quarantine of {dataset.raw_name}" for dataset in sources.DATASETS.values()),
        *(f"key figure {figure['name']}" for figure in figures),
        "columns described",
        "joins",
    ]


def _falls(connection: duckdb.DuckDBPyConnection, settings: Settings, marker: Marker) -> list[Checked]:
    """No fact lost a large share of its rows since the last release of the same edition and as-of, and none all."""
    last = history.last_release(settings)
    comparable = history.comparable(settings, marker.edition, marker.as_of)
    rows = table_rows(connection)
    facts = sorted(table for table in rows if table.startswith("core.fct_"))
    out = []
    for table in facts:
        name = f"rows of {table}"
        if last is not None and last.rows.get(table) and rows[table] == 0 and last.as_of == marker.as_of:
            # whatever the edition: a run on which nobody answered must not empty what analysts read
            detail = f"no rows at all against {last.rows[table]:,} in release {last.id} ({last.edition} edition)"
            out.append(checked(name, detail, "clawback status"))
            continue
        before = comparable.rows.get(table) if comparable else None
        if comparable is None or not before:
            out.append(checked(name, f"{rows[table]:,} rows, nothing to compare with", None))
            continue
        fall = 1 - rows[table] / before
        detail = f"{rows[table]:,} rows against {before:,} in release {comparable.id} ({-fall:+.0%})"
        see = f"duckdb -readonly {settings.build_file} -c 'from {table}'" if fall > LARGEST_FALL else None
        out.append(checked(name, detail, see))
    kept = {*rows, *former.names()}
    lost = (
        []
        if last is None
        else [t for t in last.rows if t.startswith(("core.", "analysis.", "reference.")) and t not in kept]
    )
    detail = f"gone since release {last.id}: {', '.join(lost)}" if last and lost else "no published table is gone"
    out.append(checked("tables kept", detail, str(settings.build_file) if lost else None))
    return out


def _control_totals(connection: duckdb.DuckDBPyConnection) -> list[Checked]:
    """What the serving captures add up to equals the publishers' own counts, and staging has all of it."""
    broken = connection.execute(
        "select dataset, slice, counted, control_total from meta.capture"
        " where is_serving and control_total is not null and counted <> control_total order by all limit 5"
    ).fetchall()
    detail = "; ".join(f"{d} {s}: {n:,} of {total:,}" for d, s, n, total in broken) or "every control total is met"
    see = "select * from meta.capture where counted <> control_total" if broken else None
    lost = connection.execute(
        "with captured as (select dataset, sum(records) as records from meta.capture"
        " where status = 'accepted' group by all),"
        " kept as (select dataset, sum(records) as records from meta.record_fate group by all)"
        " select dataset, captured.records, coalesce(kept.records, 0) from captured left join kept using (dataset)"
        " where captured.records <> coalesce(kept.records, 0)"
    ).fetchall()
    lost_detail = "; ".join(f"{d}: {n:,} captured, {m:,} accounted for" for d, n, m in lost) or "no record is lost"
    return [
        checked("control totals", detail, see),
        checked("records conserved", lost_detail, "select * from meta.record_fate" if lost else None),
    ]


def _quarantined(connection: duckdb.DuckDBPyConnection) -> list[Checked]:
    """No capture in use lost more of its records to quarantine than acceptance allows.

    Acceptance knows the types of fields, staging knows more (which states there are, which months had begun). What a
    slice loses there would be missing from the facts in silence. An increment replaces nothing: earlier records
    stay in use, so there only many lost records count.
    """
    out = []
    for dataset in sources.DATASETS.values():
        found = connection.execute(
            "select captures.slice, captures.capture_id, captures.records, count(*) as lost,"
            " mode(quarantined._reject_reason) as reason"
            f' from quarantine."{dataset.raw_name}" as quarantined'
            " inner join meta.capture as captures on quarantined._capture_id = captures.capture_id"
            " where captures.is_serving and captures.dataset = ? group by all order by lost desc, 2",
            [dataset.raw_name],
        ).fetchall()
        wrong = [
            (f"slice {slice_}: {lost:,} of {records:,} records ({reason})", capture_id)
            for slice_, capture_id, records, lost, reason in found
            if accept.too_many_unreadable(lost, records, dataset.unreadable_bound(slice_))
            and (dataset.holds_all(slice_) or lost >= accept.FEW_RECORDS)
        ]
        total = sum(lost for *_, lost, _ in found)
        detail = "; ".join(words for words, _ in wrong[:5]) or f"{total:,} records of {len(found):,} captures"
        see = None
        if wrong:
            see = f"from quarantine.{dataset.raw_name} where _capture_id = '{wrong[0][1]}'"
        out.append(checked(f"quarantine of {dataset.raw_name}", detail, see))
    return out


def _key_figures(connection: duckdb.DuckDBPyConnection) -> list[Checked]:
    out = []
    for figure in tomllib.loads(KEY_FIGURES.read_text(encoding="utf-8"))["figure"]:
        (value,) = connection.execute(figure["sql"]).fetchone() or (None,)
        name, expected = f"key figure {figure['name']}", figure["expected"]
        if value is None:
            out.append(checked(name, "not in this build: not checked", None))
            continue
        close = abs(float(value) - expected) <= figure["tolerance"] + 1e-9
        detail = f"{float(value):g}, published {expected:g} +- {figure['tolerance']:g} ({figure['source']})"
        out.append(checked(name, detail, None if close else figure["sql"]))
    return out


def _joins(connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> Checked:
    """No sum over a fact grows by a join with another of which its declaration says that it may not."""
    try:
        tables = joins.declared(manifest)
    except joins.Undeclared as undeclared:
        return checked("joins", str(undeclared), "the models' .yml")
    found = joins.lies(connection, tables)
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    detail = "; ".join(found[:3]) + more if found else f"no sum of {len(tables)} facts and bridges grows by a join"
    return checked("joins", detail, "the models' .yml: meta, joins" if found else None)


def _documented(connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> list[Checked]:
    """The documented columns are the published ones."""
    documented = {
        (node["schema"], node.get("alias") or node["name"]): {
            column["name"] for column in node["columns"].values() if column.get("description")
        }
        for node in manifest["nodes"].values()
        if node["resource_type"] in PUBLISHED_KINDS and node["schema"] in PUBLISHED_SCHEMAS and node.get("description")
    }
    built = {
        (schema, table): set(columns)
        for schema, table, columns in connection.execute(
            "select table_schema, table_name, list(column_name) from information_schema.columns"
            " where list_contains(?, table_schema) group by all",
            [list(PUBLISHED_SCHEMAS)],
        ).fetchall()
    }
    wrong = []
    for schema, table in sorted(documented.keys() | built.keys()):
        difference = built.get((schema, table), set()) ^ documented.get((schema, table), set())
        if difference:
            wrong.append(f"{schema}.{table}: {', '.join(sorted(difference)[:5])}")
    detail = "; ".join(wrong[:5]) or "every published table and column is described"
    return [checked("columns described", detail, "the .yml beside the model" if wrong else None)]


def table_rows(connection: duckdb.DuckDBPyConnection, database: str = "") -> dict[str, int]:
    """Rows of every table and view of the published schemas but former names. database: as layout.catalog has it."""
    tables = connection.execute(
        f"select schema_name, table_name as name, place from {catalog('duckdb_tables', database)}"
        f" where list_contains($1, schema_name) union all"
        f" select schema_name, view_name, place from {catalog('duckdb_views', database)}"
        f" where list_contains($1, schema_name) and not {former.ARE_FORMER} order by all",
        [list(PUBLISHED_SCHEMAS)],
    ).fetchall()
    counts = {}
    for schema, table, place in tables:
        (n,) = connection.execute(f'select count(*) from {place}."{table}"').fetchone() or (0,)
        counts[f"{schema}.{table}"] = n
    return counts
