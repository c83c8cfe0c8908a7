"""What became of the hostile files, in numbers, at the end of a run.

What belongs here: the summary. What does not: any cell of the table (test_hostile.py), any bound (test_memory.py).
"""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for the table, and one for each file that was measured."""
    told = [
        (name, value)
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, value in report.user_properties
    ]
    if tallies := [Counter(value) for name, value in told if name == "hostile"]:
        tally = sum(tallies, Counter())
        shown = ", ".join(f"{word} {n:,}" for word, n in tally.most_common())
        terminalreporter.write_line(f"hostile files: {tally.total():,} at {len(tallies)} readers: {shown}")
    for name, bomb, own, child, line in sorted(value for name, value in told if name == "peak"):
        peaks = f"{own / 1024**2:,.0f} MiB, its child {child / 1024**2:,.0f} MiB"
        terminalreporter.write_line(f"  {name}, {bomb}: {peaks}; {line}")
