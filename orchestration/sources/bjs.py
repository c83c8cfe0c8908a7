"""Bureau of Justice Statistics: the National Crime Victimization Survey's public API.

What belongs here: the grouped query that each run sends, and the microdata that a user may import. What does not:
percentages and intervals (dbt).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.fetching.paging import OffsetPages
from orchestration.fetching.session import Web
from orchestration.forms import Unreadable, jsons, packed
from orchestration.settings import Settings
from orchestration.sources import soda
from orchestration.sources.answers import body_of, rows_of
from orchestration.sources.base import Batch, Dataset, EarlierCaptures, Record, Slice, due, whole_count
from orchestration.sources.fields import NUMBER, WHOLE, YEAR, each, typed
from orchestration.sources.terms import FEDERAL
from orchestration.wire import Payload, SourceError, as_text, utc_now

# Personal victimization, all years; the household file is another resource.
RESOURCE = "gcuy-rt5g"
FIRST_YEAR = 1993
GROUPS = ("year", "hispanic", "newoff", "direl", "notify")
# A file's rows are microdata unless some bring a count or a sum of weights.
MICRODATA_FORM = "microdata"
# The API answers 1,000 rows and says nothing where no limit is given: the limit is always given.
PAGE = 1000
_YEAR = re.compile(r"(19|20)\d\d")
MICRODATA = (
    "idper", "yearq", "ager", "sex", "race", "race_ethnicity", "hincome1", "hincome2", "marital", "popsize",
    "region", "msa", "locality", "educatn1", "educatn2", "veteran", "citizen", "newcrime", "seriousviolent",
    "vicservices", "locationr", "weapon", "weapcat", "injury", "serious", "treatment", "offenderage",
    "offendersex", "offtracenew", "wgtviccy", "series", "newwgt",
)  # fmt: skip


# Equal rows are a series of victimizations: 2 to 8 percent of a year's, 1993 to 2023. Of few rows it may be chance.
_MOST_REPEATS, _FEW = 0.2, 50


class Victimizations(Dataset):
    """Victimizations of a year: as weighted sums of groups (fetched), or one row each (imported).

    The microdata has no key: two equal rows are two victimizations, and none is a duplicate.
    """

    source = "bjs"
    name = "victimizations"
    domain = "crime"
    title = "NCVS personal victimizations: weights by year, ethnicity, offense, relation and notification"
    publisher = "Bureau of Justice Statistics"
    terms = FEDERAL
    homepage = "https://bjs.ojp.gov/national-crime-victimization-survey-ncvs-api"
    policy = "replace"
    required = GROUPS
    optional = ("n", "weight", *MICRODATA)
    types = typed({
        "year": YEAR, **each(("newoff", "notify"), WHOLE), **each(("hispanic", "direl"), WHOLE.or_empty),
        "n": WHOLE, **each(("weight", "newwgt"), NUMBER),
    })  # fmt: skip
    partitioned_by = "year"
    base_url_setting = "bjs_ncvs_url"
    max_age = timedelta(days=400)
    min_volume_ratio = 0.8
    # A grouped row stands for many victimizations, a row of microdata for one.
    volume_counts = "victimizations"

    def required_of(self, slice_: Slice) -> tuple[str, ...]:
        """A grouped row needs its count and its sum of weights, a row of microdata its own weight."""
        return (*self.required, *(("newwgt",) if slice_.params.get("form") == MICRODATA_FORM else ("n", "weight")))

    def slices(self, settings: Settings, known: EarlierCaptures) -> list[Slice]:
        """One slice a survey year up to last year, requested once a month; an unpublished year has no rows."""
        return due(self.all_slices(), known, timedelta(days=30))

    def all_slices(self) -> list[Slice]:
        """Every survey year."""
        return [Slice(str(y), {"year": str(y)}) for y in range(FIRST_YEAR, utc_now().year)]

    def pull(self, web: Web, settings: Settings, slice_: Slice, known: EarlierCaptures) -> Iterator[Payload]:
        """The publisher's count of the year, then the grouped rows, page by page.

        Raises SourceError where a group comes twice, or without its count or weight.
        """
        url = f"{settings.bjs_ncvs_url}/{RESOURCE}"
        resource = soda.Resource(self.id, web, url, slice_.key, settings.download_poll, keeps_refusals=False)
        where = {"$where": f"year='{slice_.key}'"}
        count = resource.count(where)
        if count.rows == 0 and not count.faulty and known.newest(slice_.key) is None:
            return
        yield count.payload
        if count.faulty:
            return
        seen: set[tuple[object, ...]] = set()
        select = {"$select": ",".join((*GROUPS, "count(*) as n", "sum(newwgt) as weight")), "$group": ",".join(GROUPS)}
        pages = OffsetPages(limit=PAGE, order=",".join(GROUPS))
        while True:
            page = resource.get({**select, **where, **pages.params()}, "json")
            if soda.is_faulty([page]):
                yield page
                return
            rows = rows_of(self.id, page)
            groups = [tuple(row.get(name) for name in GROUPS) for row in rows]
            if len({*groups, *seen}) < len(groups) + len(seen):
                raise SourceError(self.id, slice_.key, "a group came twice: as many others did not come", url=page.url)
            if any(not row.get("n") or not row.get("weight") for row in rows):
                raise SourceError(self.id, slice_.key, "a group without its count or its weight", url=page.url)
            seen.update(groups)
            if rows:
                yield page
            if not pages.advance(len(rows)):
                return

    def cut(self, payload: Payload) -> Iterator[Record]:
        """One record a row, grouped or microdata. Raises SourceError where the answer is no list of rows."""
        for row in rows_of(self.id, payload):
            yield {name: as_text(value) for name, value in row.items()}

    def control_totals(self, payloads: Iterable[Payload]) -> dict[str, int]:
        return soda.control_totals(self.id, "victimizations", payloads)

    def counted(self, record: Record) -> dict[str, int]:
        """A grouped row stands for n victimizations, a microdata row for one."""
        return {"victimizations": whole_count(self.id, record["n"]) if record.get("n") else 1}

    def read_file(self, path: Path, retrieved_at: datetime | None) -> Iterator[Batch]:
        """A saved answer of the API (.json or .json.gz), one slice a year found in it."""
        when = retrieved_at or utc_now()
        body = body_of(self.id, path)
        try:
            text = packed.gunzip(body) if packed.is_gzip(body) else body
            rows = jsons.load(text)
        except Unreadable as error:
            raise SourceError(self.id, path.name, f"not a saved answer of the API: {error}") from error
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise SourceError(self.id, path.name, "not a list of victimizations")
        if missing := [name for name in self.required if name not in rows[0]]:
            raise SourceError(self.id, path.name, f"field {missing[0]!r} missing; there are {sorted(rows[0])[:40]}")
        by_year = self._by_year(path, rows)
        # every year is parsed again when it lands: the whole is not kept beside it
        del rows, body
        years = sorted(by_year)
        for year in years:
            of_year = by_year.pop(year)
            # A file of one year is archived as it came; of several, as the rows of each.
            content = text if len(years) == 1 else json.dumps(of_year).encode()
            payload = Payload(content, f"file:{path.name}", when, method="FILE")
            is_grouped = any(not row.keys().isdisjoint(("n", "weight")) for row in of_year)
            self._must_come_once(path, year, of_year, is_grouped=is_grouped)
            form = {} if is_grouped else {"form": MICRODATA_FORM}
            del of_year
            yield Batch(Slice(year, {"year": year, **form}), [payload], when)

    def _must_come_once(self, path: Path, year: str, rows: list[dict[str, Any]], *, is_grouped: bool) -> None:
        """Raise SourceError where rows came again: as a page saved twice brings them, or a file joined to itself."""
        names = GROUPS if is_grouped else sorted(set().union(*rows))
        repeats = len(rows) - len({hash(tuple(str(row.get(name)) for name in names)) for row in rows})
        if repeats > (0 if is_grouped else _MOST_REPEATS * len(rows)) and (is_grouped or len(rows) >= _FEW):
            what = "groups" if is_grouped else "victimizations"
            said = f"{repeats:,} of {len(rows):,} {what} of {year} came before in the file: was a page saved twice?"
            raise SourceError(self.id, path.name, said)

    def _by_year(self, path: Path, rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
        by_year: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for number, row in enumerate(rows, start=1):
            year = str(row.get("year"))
            if not _YEAR.fullmatch(year):
                raise SourceError(self.id, path.name, f"row {number:,} is of the year {year[:40]!r}, which is none")
            by_year[year].append(row)
        return by_year


DATASETS = (Victimizations(),)
