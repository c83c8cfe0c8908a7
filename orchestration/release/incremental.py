"""Whether a build may be incremental: keep the last candidate's records and add only what is new.

What belongs here: that one decision, for correctness and for cost. What does not: which records an incremental build
adds (the incremental dbt model decides that), or the test that both kinds of build give the same rows (tests/awards).

Nearly everything is rebuilt in every run, because that is quick and safe. The exception is the datasets listed below,
which have millions of records that do not change between runs. If the last candidate was released and is unchanged, its
code and edition are the same, and few captures have come since, dbt keeps the typed records of these datasets and adds
what is new.
"""

from __future__ import annotations

from orchestration import sources
from orchestration.landing.catalog import Catalog
from orchestration.release import history, markers
from orchestration.settings import Settings

# Datasets of policy `merge` whose base model is incremental.
KEPT = ("usaspending/transactions",)
# With more than this share of new records, adding them costs more than building all again (`make bench`).
LARGEST_SHARE = 0.2


def is_possible(settings: Settings, catalog: Catalog) -> bool:
    """Whether the build may keep the last candidate's file; if not, everything is built again.

    catalog: what the build will read.
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
    if not all(_few_are_new(catalog, dataset_id, set(marker.captures)) for dataset_id in KEPT):
        return False
    if not settings.build_file.exists() or markers.write_ahead_log(settings).exists():
        return False
    # Last, because it reads the file. The run of the marker has ended and its key is gone, so the release is the proof.
    return markers.file_sha256(settings.build_file) == marker.sha256 == last.candidate


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
