"""The README's table of what the recorded edition holds, written from a release's `meta.holdings`.

What belongs here: the table's form. What does not: its content (seeds/declared_holdings.csv, the captures).

    python tools/readme_holdings.py [HOME]     HOME: the folder of the data, as in CLAWBACK_HOME; without it, ./data
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import duckdb

from orchestration.settings import PROJECT_ROOT, Settings

README = PROJECT_ROOT / "README.md"
BEGIN, END = "<!-- what this edition holds: tools/readme_holdings.py writes this -->\n", "<!-- end -->\n"
HEAD = "| data set | from | to | records | of | missing | how to get it |\n|---|---|---|---|---|---|---|\n"


def table(connection: duckdb.DuckDBPyConnection) -> str:
    """One row a data set that the release holds records of, then one line with the others."""
    rows = connection.execute(
        "select replace(dataset, '__', '/'), coalesce(held_from, ''), coalesce(held_to, ''), records_held, held_unit,"
        " of_how_many, of_what, what_is_missing, how_to_get from meta.holdings order by 1"
    ).fetchall()
    lines = [
        f"| `{dataset}` | {since} | {until} | {records:,} {unit} | {f'{whole:,}: ' if whole else ''}{of_what} |"
        f" {missing} | {how} |\n"
        for dataset, since, until, records, unit, whole, of_what, missing, how in rows
        if records
    ]
    empty = ", ".join(f"`{row[0]}`" for row in rows if not row[3])
    return HEAD + "".join(lines) + f"\nNothing is held of {empty}. `clawback query holdings` says how to get it.\n"


def written(readme: str, block: str) -> str:
    """The README with this block between its marks."""
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}{block}{END}", readme, flags=re.DOTALL)


def main() -> None:
    settings = Settings(home=Path(sys.argv[1])) if len(sys.argv) > 1 else Settings()
    with duckdb.connect(str(settings.published_file), read_only=True) as connection:
        README.write_text(written(README.read_text(encoding="utf-8"), table(connection)), encoding="utf-8")


if __name__ == "__main__":
    main()
