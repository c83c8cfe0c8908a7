"""What every page of the site shares: the templates, the pictures with their data as files, the rows that they show.

What belongs here: laying out a page, embedding and writing a picture's rows. What does not: which rows and which words
(front, places, dictionary, ...).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jinja2
from markupsafe import Markup

from orchestration.reading import provenance
from orchestration.reading.writing import guarded
from orchestration.release import citation
from orchestration.release.history import Release
from orchestration.site import glossary
from orchestration.site import words as site_words
from orchestration.site.prose import cell, code, linked

HERE = Path(__file__).parent
STATIC_FOLDER, VENDOR_FOLDER, CHARTS_FOLDER = HERE / "static", HERE / "vendor", HERE / "charts"

Row = dict[str, Any]
# The published table that the line of a picture's source names.
_TABLE = re.compile(r"\((\w+\.\w+)\)")


@dataclass(frozen=True)
class Picture:
    """A chart with what a reader must know: what it shows, whose figures they are, what they do not tell.

    name: of its files in data/; finding: its title, the finding in a sentence; columns: what each column of the data
    means; reads: the SQL by which its sources are found, where `source` names no table. empty: what is shown in place
    of a chart without rows; as_printed: columns whose numbers keep the digits that somebody printed: 12 percent is not
    12.0.
    """

    name: str
    chart: str
    finding: str
    rows: Sequence[Row]
    source: str
    caveats: Sequence[str]
    columns: Mapping[str, str]
    empty: str = "This edition holds no figures for this picture."
    as_printed: Collection[str] = ()
    reads: str = ""

    @property
    def embedded(self) -> Markup:
        """The rows and the chart's declaration for the page's script."""
        return script_json({"spec": _spec(self.chart), "rows": self.rows, "title": self.finding, "source": self.source})

    @property
    def digits(self) -> dict[str, int]:
        """How many digits after the point each column's numbers have in the table, where they have one number of them.

        The files have exact values.
        """
        names = [name for name in self.columns if name not in self.as_printed]
        return {name: _digits(row[name] for row in self.rows) for name in names}


class Pages:
    """The site's folder, the release it is of, and the warehouse that its figures are read from."""

    def __init__(self, site: Path, release: Release, connection: duckdb.DuckDBPyConnection) -> None:
        self.site, self.release, self.connection = site, release, connection
        self._env = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._env.filters |= {
            "number": number,
            "counted": counted,
            "dollars": dollars,
            "linked": linked,
            "code": code,
            "plain": plain,
            "words": words,
            "shown": shown,
            "sorts_by": sorts_by,
            "head": site_words.head,
        }
        self._env.globals |= {"release": release, "cite_release": self.cite()}

    @property
    def last_day(self) -> str:
        """The day after which the release knows nothing."""
        return (self.release.as_of or self.release.built_at.date()).isoformat()

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[Row]:
        """The rows of a query, by column name."""
        found = self.connection.execute(sql, parameters or None)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, values, strict=True)) for values in found.fetchall()]

    def write(self, path: str, template: str, **context: Any) -> None:
        """Write a page; links in it are relative, so that it opens from a disk as from a server."""
        target = self.site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        root = "../" * path.count("/")
        html = self._env.get_template(template).render(root=root, path=path, **context)
        target.write_text(glossary.explained(html, root), encoding="utf-8")

    def write_script(self, path: str, call: str, value: Any) -> None:
        """Write data as a script that calls one function: a page on a disk may load scripts, but not fetch files."""
        target = self.site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"{call}({_json(value)});\n", encoding="utf-8")

    def write_data(self, picture: Picture) -> None:
        """Write exactly what a picture draws: CSV, and JSON that carries its meaning."""
        folder = self.site / "data"
        folder.mkdir(exist_ok=True)
        about = {
            "title": picture.finding,
            "source": picture.source.replace("`", ""),
            "caveats": list(picture.caveats),
            "columns": dict(picture.columns),
            **provenance.described(self._sources(picture)),
            "release": self.release.id,
            "edition": self.release.edition,
            "built_at": self.release.built_at.isoformat(),
            "cite": self.cite(picture.finding),
            "rows": picture.rows,
        }
        (folder / f"{picture.name}.json").write_text(_json(about, indent=1) + "\n", encoding="utf-8")
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(picture.columns)
        for row in picture.rows:
            writer.writerow([_cell(row[name]) for name in picture.columns])
        (folder / f"{picture.name}.csv").write_text(stream.getvalue(), encoding="utf-8")

    def _sources(self, picture: Picture) -> Sequence[provenance.Source]:
        named = _TABLE.search(picture.source)
        reads = picture.reads or (f"select * from {named[1]}" if named else "")
        return provenance.of(self.connection, reads).sources if reads else ()

    def cite(self, what: str = "") -> str:
        """How to cite the release, or something in it."""
        release = self.release
        return citation.line(
            citation.Edition(release.id, release.edition, release.built_at.date(), release.as_of), what
        )


def _spec(name: str) -> Any:
    return json.loads((CHARTS_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def chart(name: str) -> Markup:
    """A chart's declaration for a page whose script gives it rows."""
    return script_json(_spec(name))


def script_json(value: Any) -> Markup:
    """JSON that may stand inside a <script> element."""
    return Markup(_json(value).replace("<", "\\u003c"))


# Digits after the point that a number of a page has at most.
_DIGITS = 2


def number(value: Any, digits: int | None = None) -> str:
    """A count or a measure as people read it; "" for null. digits: after the point; by default what the value needs."""
    if value is None:
        return ""
    if digits is None:
        digits = _digits([value])
    # what is not zero is never shown as zero, and the negative zero that rounding leaves is a zero
    return f"{float(value):.2g}" if 0 < abs(value) < 0.5 / 10**_DIGITS else f"{value or 0:,.{digits}f}"


def _digits(values: Iterable[Any]) -> int:
    """How many digits after the point the numbers of a column have: as many as one needs; amounts two or none."""
    needed = 0
    for value in values:
        if isinstance(value, Decimal):
            needed = max(needed, 0 if value == value.to_integral_value() else _DIGITS)
        elif isinstance(value, float):
            needed = max(needed, len(f"{value:.{_DIGITS}f}".rstrip("0").partition(".")[2]))
    return needed


def counted(value: int, one: str, many: str) -> str:
    """A count with its noun: "1 place", "2,000 places"."""
    return f"{value:,} {one if value == 1 else many}"


def dollars(value: Any) -> str:
    """An amount in whole dollars; "" for null."""
    return "" if value is None else f"-${-value:,.0f}" if value < 0 else f"${value:,.0f}"


def words(name: str) -> str:
    """A name of a column or a code as words."""
    return name.replace("_", " ")


def plain(value: Any) -> str:
    """Any value of a table in a page; null is shown as such."""
    if value is None:
        return "null"
    return _cell(value) if not isinstance(value, datetime) else value.isoformat(" ", "seconds")


# Columns that say why or what else: if they say nothing, there is nothing to say, and nothing is unknown.
_REMARKS = re.compile(r"(^|_)(note|reason|words)$")


def shown(value: Any, column: str = "", digits: int | None = None) -> str | Markup:
    """A value of a picture's table: numbers as people read them, addresses as links, null as unknown.

    digits: how many the numbers of its column have after the point.
    """
    if value is None:
        return "" if _REMARKS.search(column) else Markup('<span class="note">unknown</span>')
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return str(value) if isinstance(value, int) and 1900 <= value <= 2100 else number(value, digits)
    if isinstance(value, date):
        return Markup('<span class="day">{}</span>').format(plain(value))
    return cell(plain(value))


_DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?")
# A longer text has a column of some width.
_SHORT = 30


def sorts_by(value: Any) -> str | Markup:
    """The attributes of a cell: by what it is sorted, that a day is not broken, that a text needs room.

    What is not known has nothing to be sorted by: it comes last, whichever way a column is sorted.
    """
    if value is None:
        return Markup(' data-value=""')
    if isinstance(value, str):
        return Markup(' class="day"') if _DAY.fullmatch(value) else Markup(' class="t"') if len(value) > _SHORT else ""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    return Markup(' class="n" data-value="{}"').format(_plain(value) if isinstance(value, Decimal) else value)


def _json(value: Any, indent: int | None = None) -> str:
    separators = (",", ":") if indent is None else None
    return json.dumps(value, default=_plain, ensure_ascii=False, indent=indent, separators=separators)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is no value of a picture")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return guarded(value) if isinstance(value, str) else str(_plain(value) if isinstance(value, Decimal) else value)
