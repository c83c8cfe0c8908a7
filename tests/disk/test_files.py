"""files.py: whole or not at all, on a disk that is full, read-only or cut short."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration import files

# Root ignores modes; root without these two rights meets them as everybody does.
AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk here")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_keeps_the_old_file_and_says_the_way_out(small_disk: Path) -> None:
    target = small_disk / "state.json"
    files.write_whole(target, "old")
    with pytest.raises(files.CannotWrite, match=r"state\.json: the disk is full\. Free some space"):
        files.write_whole(target, b"x" * 200_000)
    assert target.read_text() == "old"
    assert [p.name for p in small_disk.iterdir()] == ["state.json"]
    files.write_whole(target, "new")
    assert target.read_text() == "new"


def test_an_input_output_error_on_a_full_disk_is_the_full_disk(small_disk: Path) -> None:
    said = "(sqlite3.OperationalError) disk I/O error"
    told = files.refusal_in(said, small_disk)
    assert told is not None
    assert "the disk is full" in str(told)
    elsewhere = files.refusal_in(said, small_disk.parent)
    assert elsewhere is not None
    assert "the disk reports an error. Check the disk." in str(elsewhere)
    assert files.refusal_in("a publisher's answer", small_disk) is None


def test_a_line_that_does_not_fit_is_taken_back(small_disk: Path) -> None:
    path = small_disk / "lines.jsonl"
    files.append_line(path, {"n": 1})
    with pytest.raises(files.CannotWrite, match="the disk is full"):
        files.append_line(path, {"n": 2, "text": "x" * 200_000})
    files.append_line(path, {"n": 3})
    assert files.read_lines(path) == files.Lines([{"n": 1}, {"n": 3}], [])


def test_a_read_only_disk(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(files.CannotWrite, match="the file system is read-only"):
        files.write_whole(small_disk / "state.json", "x")
    with pytest.raises(files.CannotWrite, match="the file system is read-only"):
        files.append_line(small_disk / "lines.jsonl", {"n": 1})


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    files.append_line(path, {"n": 1})
    before = path.read_bytes()
    code = (
        "import signal, sys, pathlib; from orchestration import files; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try: files.append_line(pathlib.Path(sys.argv[1]), {'text': 'x' * 100_000})\n"
        "except files.CannotWrite as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert "beyond the limit for files. Raise the limit (ulimit -f)" in done.stdout
    assert path.read_bytes() == before


@pytest.mark.parametrize("torn", [b'{"n": 2, "te', b"\x00\x00\x00", b"[1, 2]", b"\xff\xfe"])
def test_a_torn_end_is_passed_over_and_the_next_line_is_whole(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "lines.jsonl"
    files.append_line(path, {"n": 1})
    with path.open("ab") as stream:
        stream.write(torn)
    assert files.read_lines(path) == files.Lines([{"n": 1}], [2])
    files.append_line(path, {"n": 3})
    assert files.read_lines(path) == files.Lines([{"n": 1}, {"n": 3}], [2])


def test_a_read_only_tree_is_deleted_and_what_a_link_names_is_not(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("kept")
    tree = tmp_path / "release"
    (tree / "inside").mkdir(parents=True)
    (tree / "inside" / "file").write_text("x")
    (tree / "link").symlink_to(elsewhere, target_is_directory=True)
    for path in (tree / "inside" / "file", tree / "inside", tree):
        path.chmod(0o444 if path.is_file() else 0o555)
    program = "import sys, pathlib; from orchestration import files; files.remove_tree(pathlib.Path(sys.argv[1]))"
    subprocess.run([*AS_ANYBODY, sys.executable, "-c", program, str(tree)], check=True)
    assert not tree.exists()
    assert (elsewhere / "kept").read_text() == "kept"
    files.remove_tree(tree)
