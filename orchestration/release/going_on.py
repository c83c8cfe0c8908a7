"""Whether a build may go on from the last one instead of being made anew, and whether that is the cheaper way.

What belongs here: that one decision. What does not: which records a going-on build takes (the model whose
materialization is incremental says that), or the proof that both ways give the same rows (tests/awards).

Nearly all of a build is made anew every night, because that is quick and cannot go wrong. The exception are the
records of the datasets named below, millions of which do not change from one night to the next: where the last
candidate was released, is unchanged, of the same code and edition, and few captures have come since, dbt keeps their
typed records and takes in what is new.
"""

from __future__ import annotations

from orchestration import sources
from orchestration.landing.catalog import Catalog
from orchestration.release import history, marks
from orchestration.settings import Settings

# Datasets of policy `merge` whose base model is incremental.
KEPT = ("usaspending/transactions",)
# With more than this share of new records, taking them in costs more than making all anew (`make bench`).
LARGEST_SHARE = 0.2


def goes_on(settings: Settings, catalog: Catalog) -> bool:
    """Whether tonight's build may keep the last candidate's file; False makes it anew.

    catalog: what the build will read.
    """
    marker, last = marks.last_mark(settings), history.last_release(settings)
    if marker is None or last is None or marker.run_id != last.run_id:
        return False
    if catalog.as_of is not None or marker.as_of is not None or marker.edition != catalog.edition:
        return False
    if marker.code_digest != history.code_digest():
        return False
    if not all(_few_are_new(catalog, dataset_id, set(marker.captures)) for dataset_id in KEPT):
        return False
    if not settings.build_file.exists() or marks.write_ahead_log(settings).exists():
        return False
    # last, because it reads the file. The mark is of a run that ended, its key is gone: the release says what it holds.
    return marks.file_sha256(settings.build_file) == marker.sha256 == last.candidate


def _few_are_new(catalog: Catalog, dataset_id: str, built: set[str]) -> bool:
    serving = {c.capture_id: c.records for c in catalog.serving(sources.get(dataset_id))}
    of_dataset = {c.capture_id for c in catalog.captures(dataset_id)}
    of_dataset |= {damaged.capture_id for damaged in catalog.damaged(dataset_id)}
    if (built & of_dataset) - serving.keys():
        # a capture that was built serves no more: its records would stay
        return False
    new = sum(records for capture_id, records in serving.items() if capture_id not in built)
    return pays(new, sum(serving.values()))


def pays(new: int, serving: int) -> bool:
    """Whether taking `new` of all `serving` records into the last build costs less than building them all anew."""
    return serving > 0 and new <= LARGEST_SHARE * serving
