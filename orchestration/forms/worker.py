"""The child process for parsers that could crash their process: one job at a time, with limits on memory and time.

What belongs here: its protocol and its limits. What does not: what it reads (workbook, pdf), who starts it (bounded).

A job on standard input is a line of JSON (`form`, `size`, `seconds`, `most`) followed by the bytes. An answer on
standard output is a line with a length, followed by JSON: `value`, `beyond`, `unreadable` or `fault`. The process ends
when its input ends, so it does not outlive its parent. It opens no file and no connection, and has no key in its
environment.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import traceback
from typing import Any, BinaryIO

from orchestration.forms import Beyond, Unreadable, pdf, workbook

FORMS = {"workbook": workbook.read, "pdf": pdf.read}
# Beside what a parser takes: Python itself, its libraries and their threads.
_OWN_BYTES = 320 * 1024**2
# A longer answer is not built up in the asking process.
_LONGEST_ANSWER = 128 * 1024**2
# Memory that was once taken is not given back: after a file that took more, the next one gets a new process.
_ENOUGH_BYTES = 256 * 1024**2


def main() -> None:
    """Serve jobs until the input ends."""
    # Ctrl-C is for the process that asks; it then closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a parser prints goes to the log, and not between the answers.
    os.dup2(2, 1)
    while line := jobs.readline():
        job = json.loads(line)
        body = jobs.read(job["size"])
        if len(body) < job["size"]:
            return
        resource.setrlimit(resource.RLIMIT_AS, (_OWN_BYTES + job["most"]["memory_bytes"],) * 2)
        answer = _answered(job, body)
        del body
        is_last = _most_taken() > _ENOUGH_BYTES
        _send(answers, answer, is_last=is_last)
        if is_last:
            return


def _most_taken() -> int:
    """The most memory that this process has held so far, in bytes.

    Not what getrusage counts: on Linux a process inherits that figure from the one that started it.
    """
    try:
        with open("/proc/self/status", "rb") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(b"VmHWM:")) * 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _answered(job: dict[str, Any], body: bytes) -> bytes:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + job["seconds"]) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
    try:
        made = json.dumps({"value": FORMS[job["form"]](body, job["most"])}, ensure_ascii=False, allow_nan=True)
        text = made.encode("utf-8", "replace")
        if len(text) > _LONGEST_ANSWER:
            raise Beyond("memory_bytes", f"it holds {len(text):,} bytes of text")
        return text
    except Beyond as beyond:
        return json.dumps({"beyond": [beyond.name, beyond.found]}).encode()
    except Unreadable as unreadable:
        return json.dumps({"unreadable": str(unreadable)}).encode()
    except MemoryError:
        return json.dumps({"beyond": ["memory_bytes", "it needs more memory to be read"]}).encode()
    except BaseException as fault:  # a panic of a Rust parser is no Exception; each is reported
        traceback.print_exc()
        return json.dumps({"fault": type(fault).__name__, "said": str(fault)[:500]}).encode()


def _send(answers: BinaryIO, answer: bytes, *, is_last: bool) -> None:
    answers.write(f"{len(answer)} {int(is_last)}\n".encode())
    answers.write(answer)
    answers.flush()


if __name__ == "__main__":
    main()
