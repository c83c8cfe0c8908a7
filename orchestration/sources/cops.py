"""COPS Office: the award lists that it publishes as PDF when it announces a year's awards.

What belongs here: finding a list, and reading its table by its headings. What does not: which government unit a printed
agency belongs to (dbt, identity), which award an announcement became (dbt, awards).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

from orchestration.declared import seeds
from orchestration.fetching.session import Web
from orchestration.forms import Unreadable, kinds, pdf
from orchestration.settings import Settings
from orchestration.sources.answers import body_of
from orchestration.sources.base import Batch, Dataset, EarlierCaptures, Record, Slice, due, told_by_request
from orchestration.sources.fields import PRINTED_AMOUNT, PRINTED_WHOLE, TEXT, WHOLE, YEAR, one_of, typed
from orchestration.sources.terms import FEDERAL
from orchestration.sources.usaspending import fiscal_years
from orchestration.wire import Payload, RunOver, SourceError, utc_now

# The folders of the programs' lists: hiring, community policing, tribal resources, anti-heroin, anti-methamphetamine,
# school violence prevention, officers' mental health.
PROGRAMS = tuple(row["folder"] for row in seeds.rows("announcement_folders"))
FIRST_YEAR = 2017
# Spellings of the path: one was seen (2020AwardDocs/chp/Award_List.pdf), its case varies.
PATHS = (
    "{year}AwardDocs/{program}/Award_List.pdf",
    "{year}AwardDocs/{PROGRAM}/Award_List.pdf",
    "{year}awarddocs/{program}/award_list.pdf",
)
# Headings, in lower case and words only, by what their column holds. No list's headings are documented: one that is
# not here stops the file, and a line here takes it in.
HEADINGS = {
    "state": {"state", "st", "state territory", "state or territory"},
    "agency": {
        "agency", "agency name", "law enforcement agency", "legal name", "agency legal name", "awardee", "grantee",
        "recipient", "recipient name", "jurisdiction",
    },
    "officers": {
        "officers", "officers funded", "officers awarded", "officer positions", "positions", "positions funded",
        "number of officers", "number of positions", "sworn officer positions", "total officers", "of officers",
    },
    "amount": {
        "amount", "award amount", "amount awarded", "federal amount", "federal award amount", "total award",
        "total award amount", "total amount", "award", "federal funds", "federal share", "funding amount",
    },
    "ori": {"ori", "ori number"},
    "city": {"city"},
    "county": {"county"},
    "award_number": {"award number", "grant number"},
}  # fmt: skip
NEEDED = ("state", "agency", "amount")
# No list has more: a year's largest program names some 600 agencies.
MOST_PAGES = 400
# The period, in seconds, of the limit on how many lists are looked for.
_A_NIGHT = 12 * 3600.0
_MOST_BYTES = 64 * 1024 * 1024
_NAME = re.compile(rf"(?<![0-9])(?P<year>20[0-9]{{2}})(?![0-9]).*?(?P<program>{'|'.join(PROGRAMS)})", re.IGNORECASE)
_MONEY = re.compile(r"\$\s?[0-9]")
# An amount in a text: with a dollar sign, or in groups of thousands.
_AMOUNT = re.compile(r"\$\s?[0-9][0-9,]*(?:\.[0-9]+)?|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")


@dataclass
class _List:
    """A list as far as it was read."""

    columns: list[str | None] = field(default_factory=list)
    rows: list[dict[str, str | None]] = field(default_factory=list)
    totals: dict[str, str | None] | None = None


class Announcements(Dataset):
    """One list for each program and fiscal year: whom the COPS Office announced, for how much and how many officers."""

    source = "cops"
    name = "announcements"
    domain = "awards"
    title = "Award announcements: agencies, officers and amounts as announced"
    publisher = "Office of Community Oriented Policing Services (COPS Office), US Department of Justice"
    terms = FEDERAL
    homepage = "https://cops.usdoj.gov/grants"
    policy = "replace"
    required = ("fiscal_year", "program", "state", "agency", "amount", "page")
    optional = ("officers", "ori", "city", "county", "award_number")
    types = typed({
        "fiscal_year": YEAR, "program": one_of(*PROGRAMS), "state": TEXT, "agency": TEXT, "amount": PRINTED_AMOUNT,
        "page": WHOLE, "officers": PRINTED_WHOLE,
    })  # fmt: skip
    partitioned_by = "fiscal_year"
    base_url_setting = "cops_url"
    max_age = timedelta(days=800)

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """The lists of this year and the last once a month, the earlier ones once a year: they do not change."""
        newest = max(fiscal_years())
        late = [slice_ for slice_ in self.all_slices() if _year(slice_) >= newest - 1]
        early = [slice_ for slice_ in self.all_slices() if slice_ not in late]
        return [*due(late, known, timedelta(days=28)), *due(early, known, timedelta(days=365))]

    def all_slices(self) -> list[Slice]:
        """Every program and fiscal year since 2017."""
        years = [year for year in fiscal_years() if year >= FIRST_YEAR]
        return [_slice(program, year) for year in years for program in PROGRAMS]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """The list under the spelling of its path that answers; nothing where none does: it was not announced.

        Addresses are guessed, so a run looks for a limited number of lists; the attempts record which ones, and the
        next run continues with the others.
        """
        year, program = str(_year(slice_)), slice_.params["program"]
        if not web.limits.take(f"{self.id} guesses", settings.cops_lists_a_night, _A_NIGHT):
            what = f"{settings.cops_lists_a_night} lists were looked for in this run (CLAWBACK_COPS_LISTS_A_NIGHT)"
            raise RunOver(self.id, what)
        for path in PATHS:
            answer = web.get(
                f"{settings.cops_url}/pdf/{path.format(year=year, program=program, PROGRAM=program.upper())}",
                accept_status=frozenset({404}),
                context={"fiscal_year": year, "program": program},
            )
            if answer.status != 404:
                yield answer
                return
        if known.newest(slice_.key) is not None:
            raise SourceError(self.id, slice_.key, "the list that was captured is no longer there (404)")

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a line of the table, in the order of the pages; a total line is checked against the others.

        Raises SourceError, with the page, where there is no table, where a heading is not known, where an amount
        stands in no row, and where the lines do not add up to the printed total. Nothing of such a file is accepted;
        the file is kept.
        """
        what = f"{payload.context.get('program', '?')}:{payload.context.get('fiscal_year', '?')}"
        body = payload.body
        if not body.lstrip()[:5] == b"%PDF-":
            raise SourceError(self.id, what, kinds.instead(body, "a PDF"), url=payload.url)
        if b"%%EOF" not in body[-2048:]:
            raise SourceError(self.id, what, f"a PDF cut short after {len(body):,} bytes", url=payload.url)
        if len(body) > _MOST_BYTES:
            raise SourceError(self.id, what, f"{len(body):,} bytes, at most {_MOST_BYTES:,} are read", url=payload.url)
        read = _List()
        try:
            pages = pdf.pages(body)
        except Unreadable as error:
            raise SourceError(self.id, what, f"not readable as a PDF: {error}", url=payload.url) from error
        if len(pages) > MOST_PAGES:
            raise SourceError(self.id, what, f"{len(pages)} pages, at most {MOST_PAGES} are read", url=payload.url)
        for number, page in enumerate(pages, start=1):
            self._page(what, payload.url, read, number, page)
        if not any(page.words for page in pages):
            raise SourceError(self.id, what, "a PDF of pictures: no page holds any text", url=payload.url)
        if not read.rows:
            raise SourceError(self.id, what, "no table with the headings of an award list", url=payload.url)
        self._must_add_up(what, payload.url, read)
        for row in read.rows:
            yield {**told_by_request(payload, "fiscal_year", "program"), **row}

    def _page(self, what: str, url: str, read: _List, number: int, page: pdf.Page) -> None:
        """The rows of a page; every amount that the page prints from its headings on must stand in one of them.
        A row that the page break cuts in two is one row: its second half is first on the next page, without an amount.
        Raises SourceError if an amount is in no row, or a row has none or two.
        """
        if not page.tables and read.columns and _MONEY.search(page.text):
            raise SourceError(self.id, what, f"page {number} holds amounts outside any table", url=url)
        top, taken, is_first = 0.0, Counter[str](), True
        for table in page.tables:
            for edge, cells in table:
                words = [" ".join((cell or "").split()) for cell in cells]
                if not any(words):
                    continue
                known = [_column(word) for word in words]
                if sum(column is not None for column in known) >= len(NEEDED) and not any(map(_is_money, words)):
                    if not taken:
                        top = edge
                    read.columns = self._header(what, url, number, words)
                    continue
                if not read.columns:
                    if any(column is not None for column in known):
                        self._header(what, url, number, words)
                    continue
                if len(cells) != len(read.columns):
                    what_is_wrong = (
                        f"page {number}: a row of {len(cells)} cells under {len(read.columns)} headings: {words}"
                    )
                    raise SourceError(self.id, what, what_is_wrong, url=url)
                for cell in cells:
                    taken.update(_amounts(cell or ""))
                row = {name: word or None for name, word in zip(read.columns, words, strict=True) if name}
                if any(word.casefold().startswith(("total", "grand total")) for word in words if word):
                    read.totals = row
                    continue
                if row["amount"] is None and is_first and read.rows and read.rows[-1]["page"] == str(number - 1):
                    for name, word in row.items():
                        if word:
                            read.rows[-1][name] = f"{read.rows[-1].get(name) or ''} {word}".strip()
                    is_first = False
                    continue
                is_first = False
                if len(_amounts(row["amount"] or "")) > 1:
                    what_is_wrong = (
                        f"page {number}: a row of two amounts, as if the line between two rows were missing: {words}"
                    )
                    raise SourceError(self.id, what, what_is_wrong, url=url)
                if row["amount"] is None:
                    raise SourceError(self.id, what, f"page {number}: a row without an amount: {words}", url=url)
                # a merged cell stands for the one above it; an empty one is empty
                if cells[read.columns.index("state")] is None and read.rows:
                    row["state"] = read.rows[-1]["state"]
                read.rows.append({**row, "page": str(number)})
        if read.columns:
            printed = Counter(_amounts(page.text_below(top)))
            if lost := printed - taken:
                what_is_wrong = (
                    f"page {number} prints {printed.total()} amounts and its rows hold {taken.total()}: "
                    f"{', '.join(sorted(lost))} stands in no row (a row at the page's edge without a line?)"
                )
                raise SourceError(self.id, what, what_is_wrong, url=url)

    def _header(self, what: str, url: str, number: int, words: list[str]) -> list[str | None]:
        columns = [_column(word) for word in words]
        if unknown := [word for word, column in zip(words, columns, strict=True) if word and column is None]:
            known = "; ".join(f"{name}: {', '.join(sorted(names))}" for name, names in HEADINGS.items())
            what_is_wrong = f"page {number}: heading {unknown[0]!r} is not known (known are {known})"
            raise SourceError(self.id, what, what_is_wrong, url=url)
        if missing := [name for name in NEEDED if name not in columns]:
            raise SourceError(self.id, what, f"page {number}: no heading for {missing[0]} among {words}", url=url)
        if twice := [name for name in columns if name and columns.count(name) > 1]:
            raise SourceError(self.id, what, f"page {number}: two headings mean {twice[0]}: {words}", url=url)
        return columns

    def _must_add_up(self, what: str, url: str, read: _List) -> None:
        """The printed total, where there is one, is the sum of the lines: a page that was lost shows here."""
        for name in ("amount", "officers"):
            printed = _number((read.totals or {}).get(name))
            if printed is None:
                continue
            added = sum((_number(row.get(name)) or Decimal(0) for row in read.rows), Decimal(0))
            if added != printed:
                what_is_wrong = f"{len(read.rows)} lines add up to {added:,} in {name}, the total line says {printed:,}"
                raise SourceError(self.id, what, what_is_wrong, url=url)

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """A list saved from the site; year and program from its name or its folders (2020AwardDocs/chp/...)."""
        match = _NAME.search("/".join(path.parts[-3:]))
        if match is None:
            what_is_wrong = (
                f"its name or folders give no year and program ({', '.join(PROGRAMS)}): 2020_chp_Award_List.pdf"
            )
            raise SourceError(self.id, path.name, what_is_wrong)
        slice_ = _slice(match["program"].lower(), int(match["year"]))
        when = retrieved_at or utc_now()
        payload = Payload(
            body_of(self.id, path),
            f"file:{path.name}",
            when,
            media_type="application/pdf",
            method="FILE",
            context={"fiscal_year": match["year"], "program": slice_.params["program"]},
        )
        yield Batch(slice_, [payload], when)


def _slice(program: str, year: int) -> Slice:
    return Slice(f"{program}:FY{year}", {"fiscal_year": f"FY{year}", "program": program})


def _year(slice_: Slice) -> int:
    return int(slice_.params["fiscal_year"].removeprefix("FY"))


def _column(word: str) -> str | None:
    spelled = " ".join(re.sub(r"[^a-z]+", " ", word.casefold()).split())
    return next((name for name, names in HEADINGS.items() if spelled in names), None)


def _is_money(word: str) -> bool:
    return bool(_MONEY.search(word))


def _amounts(text: str) -> list[str]:
    return [re.sub(r"[$,\s]", "", amount) for amount in _AMOUNT.findall(text)]


def _number(text: str | None) -> Decimal | None:
    if not text:
        return None
    try:
        return Decimal(re.sub(r"[$,\s]", "", text))
    except InvalidOperation:
        return None


DATASETS = (Announcements(),)
