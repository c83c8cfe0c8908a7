"""What any record must satisfy to be stored in a table: names that SQL can distinguish, values within the limits.

What belongs here: this check, the same for every dataset. What does not: which fields a dataset requires (accept), what
type a value must have (measure).
"""

from __future__ import annotations

from orchestration import limits
from orchestration.forms import Beyond, Unreadable
from orchestration.forms.tables import must_be_a_header
from orchestration.sources.base import Record

# The columns that a capture's Parquet files have beside the publisher's.
PROVENANCE = ("_capture_id", "_payload_id", "_record_no")


class RecordBounds:
    """The names in the records of one capture so far, and the limits for them."""

    def __init__(self) -> None:
        self._limits = limits.current()
        self._names: set[str] = set()

    def must_hold(self, record: Record, line: bytes, before: int) -> None:
        """Raise Unreadable for a record that no table can store. line: it as JSON; before: how many came before it."""
        if not record.keys() <= self._names:
            self._must_be_new([name for name in record if name not in self._names])
        if len(line) > self._limits.cell_characters:
            for name, value in record.items():
                if value is not None and len(value) > self._limits.cell_characters:
                    raise Beyond("cell_characters", f"a value of {name!r} has {len(value):,} characters")
        if any(value is not None and value.__class__ is not str for value in record.values()):
            name = next(name for name, value in record.items() if value is not None and value.__class__ is not str)
            raise Unreadable(f"the field {name!r} holds {type(record[name]).__name__} where text or nothing belongs")
        if before >= self._limits.rows:
            raise Beyond("rows", f"more than {self._limits.rows:,} records")

    def _must_be_new(self, names: list[str]) -> None:
        for name in names:
            if name.casefold() in PROVENANCE:
                raise Unreadable(f"a field is called {name!r}, which is the name of a column of the landing's own")
        if len(self._names) + len(names) > self._limits.columns:
            raise Beyond("columns", f"records with {len(self._names) + len(names):,} different fields")
        must_be_a_header([*self._names, *names])
        self._names.update(names)
