"""Whether a build may keep the last candidate's file and make again only what changed.

What belongs here: that decision, and which tables of the kept file are made anew because adding to them costs more.
What does not: which tables changed (dbt_project/macros/versions.sql), which records an incremental model adds (the
model decides that), or the tests that both kinds of build give the same rows (tests/nights, tests/awards).

A table is kept if the SQL and all rows that it is made of are as they were in the last build. All checks run in every
build, over kept tables too. One model is incremental beside that: it has millions of records that do not change between
runs, and few new captures add to them.
"""

from __future__ import annotations

from orchestration import sources
from orchestration.landing.catalog import Catalog
from orchestration.release import history, markers
from orchestration.settings import Settings

# Datasets of policy `merge` whose base model is incremental.
INCREMENTAL = ("usaspending/transactions",)
# With more than this share of new records, adding them costs more than building all again (`make bench`).
LARGEST_SHARE = 0.2


def is_possible(settings: Settings, catalog: Catalog) -> bool:
    """Whether the build may keep the last candidate's file; if not, every table is made again.

    The file must be the one that the last release was made of, by the same code. catalog: what the build will read.
    """
    marker, last = markers.last_marker(settings), history.last_release(settings)
    if marker is None or last is None or marker.run_id != last.run_id:
        return False
    if (settings.engine, marker.engine) != ("duckdb", "duckdb"):
        # another engine replaces its tables; what it left are no tables that DuckDB can add to
        return False
    if catalog.as_of is not None or marker.as_of is not None or marker.edition != catalog.edition:
        return False
    if marker.code_digest != history.code_digest():
        return False
    if not settings.build_file.exists() or markers.write_ahead_log(settings).exists():
        return False
    # Last, because it reads the file. The run of the marker has ended and its key is gone, so the release is the proof.
    return markers.file_sha256(settings.build_file) == marker.sha256 == last.candidate


def made_anew(settings: Settings, catalog: Catalog) -> list[str]:
    """The tables of incremental models that the build must make anew in the kept file, as ``schema.table``.

    Call it before the build begins: the last marker says which captures the tables have.
    """
    marker = markers.last_marker(settings)
    built = set(marker.captures) if marker else set()
    return [
        f"staging.base_{sources.get(dataset_id).raw_name}"
        for dataset_id in INCREMENTAL
        if not _few_are_new(catalog, dataset_id, built)
    ]


def _few_are_new(catalog: Catalog, dataset_id: str, built: set[str]) -> bool:
    serving = {c.capture_id: c.records for c in catalog.serving(sources.get(dataset_id))}
    of_dataset = {c.capture_id for c in catalog.captures(dataset_id)}
    of_dataset |= {damaged.capture_id for damaged in catalog.damaged(dataset_id)}
    if (built & of_dataset) - serving.keys():
        # a capture in the last build is no longer in use: its records would stay
        return False
    new = sum(records for capture_id, records in serving.items() if capture_id not in built)
    return pays(new, sum(serving.values()))


def pays(new: int, serving: int) -> bool:
    """Whether adding `new` of all `serving` records to the last build costs less than building them all again."""
    return serving > 0 and new <= LARGEST_SHARE * serving
