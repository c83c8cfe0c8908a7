"""The most memory that a file can ask for: under 1 GiB for any file, in the process that imports and in its child.

What belongs here: measured peaks. What does not: the bombs (bombs.py).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from bombs import BOMBS
from good import GOOD

GIB = 1024**3
# Of the bombs those that once took most, one a form; `make fuzz` brings all of them.
USUAL = {
    ("bjs/victimizations", "gzip of 1 GB"),
    ("fbi/table8", "zip of 1 GB"),
    ("fbi/table8 csv", "a header of ten million columns"),
    ("ice/agreements_287g", "a text that 200,000 cells show"),
    ("cops/announcements", "a page that unpacks to 1 GB"),
    ("usaspending/transactions", "short rows"),
    ("bjs/victimizations", "JSON of empty objects"),
}
ALL = "CLAWBACK_TEST_FUZZ" in os.environ


@pytest.mark.parametrize(("name", "bomb"), [each for each in BOMBS if ALL or each in USUAL])
def test_no_file_takes_more_than_a_gibibyte(name, bomb, tmp_path, record_property):
    good = GOOD[name]()
    path = tmp_path / good.name
    # made in a process of its own, so that a measure is of the reading alone
    path.write_bytes(BOMBS[name, bomb](good))
    command = [sys.executable, str(Path(__file__).with_name("bombs.py")), name, str(path), str(tmp_path / "home")]
    # A process counts the memory of the one that started it as its own: a shell between them has little.
    command = ["sh", "-c", '"$@"; exit $?', "sh", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    record_property("peak", [name, bomb, told["own"], told["children"], told["line"][:160]])
    assert max(told["own"], told["children"]) < GIB, told
    assert "Traceback" not in done.stderr
    if good.form == "pdf":
        assert "CLAWBACK_LIMIT_MEMORY_BYTES raises it" in told["line"], "the refusal names the limit"
