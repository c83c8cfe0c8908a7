"""The fault table's outcome in numbers, at the end of a run.

What belongs here: the summary. What does not: any cell of the table (test_faults.py).
"""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line: how many faults at how many datasets, and what became of them (told by each dataset's test)."""
    told = [
        value
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, value in report.user_properties
        if name == "faults"
    ]
    if told:
        tally = sum((Counter(one) for one in told), Counter())
        cannot = tally.pop("cannot occur", 0)
        shown = ", ".join(f"{word} {n:,}" for word, n in tally.most_common())
        terminalreporter.write_line(
            f"faults of the wire: {tally.total():,} cells at {len(told)} datasets: {shown}; "
            f"{cannot:,} more are not tried: the answer has no such part to spoil"
        )
