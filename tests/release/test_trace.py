"""The way back to the bytes is proven, not asserted.

What belongs here: bytes that are not what the capture says. What does not: which facts lead back (test_refresh).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.landing.catalog import Catalog
from orchestration.reading import trace
from orchestration.settings import Settings
from tests.disk.test_files import AS_ANYBODY

AWARD = ("core.fct_award", "fain=2020ULWX0056")


def warc(settings: Settings):
    found = trace.trace(settings, *AWARD)
    catalog = Catalog(settings.landing_dir, as_of=None, edition="recorded")
    capture = catalog.find(found.capture["capture_id"])
    (entry,) = (entry for entry in capture.payloads if entry.payload_id == found.payload["payload_id"])
    return catalog.warc_path(capture), entry.warc_offset


def test_what_was_typed_says_so_and_whose_the_bytes_are(sealed):
    settings, _ = sealed
    found = trace.trace(settings, *AWARD)
    assert found.to_json()["whose_bytes"].startswith(
        "transcribed: Clawback typed the figures from what USAspending.gov"
    )
    assert "not bytes that the publisher sent" in found.whose_bytes
    assert found.document == "https://www.usaspending.gov/award/ASST_NON_2020ULWX0056_1501"
    text = found.to_text()
    assert found.whose_bytes in text
    assert "  url: " not in text
    assert "retrieved_at" not in text


@pytest.mark.parametrize("how", ["a byte is flipped", "the file is cut short", "the record is empty"])
def test_bytes_that_are_not_the_captured_ones_are_told(sealed, how):
    settings, _ = sealed
    assert trace.trace(settings, *AWARD).digest_verified
    path, offset = warc(settings)
    content = bytearray(path.read_bytes())
    if how == "a byte is flipped":
        content[(offset + len(content)) // 2] ^= 0xFF
    path.write_bytes(content[: {"the file is cut short": offset + 40, "the record is empty": offset}.get(how)])
    with pytest.raises(trace.CannotTrace, match=r"the row's capture is damaged: .*responses\.warc\.gz"):
        trace.trace(settings, *AWARD)


def test_a_capture_whose_archive_is_gone_cannot_be_traced_and_says_where_it_was(sealed):
    settings, _ = sealed
    path, _ = warc(settings)
    path.unlink()
    with pytest.raises(trace.CannotTrace, match=r"responses\.warc\.gz is missing; it is not read: restore"):
        trace.trace(settings, *AWARD)


def test_a_landing_folder_that_may_not_be_read_is_said_to_be_so(sealed):
    settings, _ = sealed
    settings.landing_dir.chmod(0)
    try:
        done = subprocess.run(
            [*AS_ANYBODY, Path(sys.executable).with_name("clawback"), "trace", "core.fct_award", "fain=2020ULWX0056"],
            env={**os.environ, "CLAWBACK_HOME": str(settings.root)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        settings.landing_dir.chmod(0o755)
    assert done.returncode == 1
    assert f"{settings.landing_dir} cannot be read: no permission" in " ".join(done.stderr.split())
