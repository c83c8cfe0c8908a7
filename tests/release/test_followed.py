"""A release whose sums were recomputed is known by the release that followed it, register or not.

What belongs here: the chain from one release to the next. What does not: each kind of tampering (test_tampering).
"""

from __future__ import annotations

import shutil

import pytest

from orchestration.release import history, publish, seal
from orchestration.release.history import Release
from orchestration.settings import Settings


def _release(settings: Settings, release_id: str, previous: Release | None) -> Release:
    folder = settings.releases_dir / release_id
    folder.mkdir(parents=True)
    (folder / "warehouse.duckdb").write_bytes(b"synthetic")
    release = Release.model_validate(
        {
            "id": release_id, "built_at": f"2026-01-0{release_id[-1]}T00:00:00Z", "run_id": "synthetic",
            "edition": "recorded", "as_of": None, "fingerprint": "f", "code_digest": "c", "software": "0",
            "previous": previous.id if previous else None, "captures": [], "rows": {}, "differences": {},
            "checks": {}, "accepted": {},
            "previous_sums": seal.sums_of(settings.releases_dir / previous.id) if previous else None,
        }
    )  # fmt: skip
    (folder / history.RELEASE_FILE).write_text(history.dump(release), encoding="utf-8")
    seal.make_sums(folder)
    return release


def test_recomputed_sums_do_not_serve_again(settings: Settings) -> None:
    first = _release(settings, "2026.01.1", None)
    _release(settings, "2026.01.2", first)
    publish.rollback(settings, "2026.01.1")
    publish.rollback(settings, "2026.01.2")

    (settings.releases_dir / "2026.01.1" / "warehouse.duckdb").write_bytes(b"forged")
    seal.make_sums(settings.releases_dir / "2026.01.1")
    with pytest.raises(history.DamagedRelease, match=r"SHA256SUMS is not the one that release 2026\.01\.2 followed"):
        publish.rollback(settings, "2026.01.1")
    assert settings.published_dir.resolve().name == "2026.01.2"


def test_a_copy_under_another_name_never_serves(settings: Settings) -> None:
    first = _release(settings, "2026.01.1", None)
    _release(settings, "2026.01.2", first)
    copy = settings.releases_dir / "0-copy"
    shutil.copytree(settings.releases_dir / "2026.01.1", copy)
    (copy / "warehouse.duckdb").write_bytes(b"forged")
    publish.rollback(settings, "2026.01.1")
    assert settings.published_dir.resolve().name == "2026.01.1"

    publish.rollback(settings, "2026.01.2")
    shutil.rmtree(settings.releases_dir / "2026.01.1")
    with pytest.raises(history.NoSuchRelease, match=r"no release '2026\.01\.1'; kept are: 2026\.01\.2, 0-copy"):
        publish.rollback(settings, "2026.01.1")
    assert settings.published_dir.resolve().name == "2026.01.2"
