"""What one of the FBI's NIBRS archives holds: its layout, its tables, and the two that are made of them.

What belongs here: finding members, reading headers, joining codes inside the archive, and every reason to refuse one.
What does not: how an archive is requested (fbi_nibrs), what a code means (dbt).

Ids of the code tables change their meaning between years: ethnicity 1 is H to 2020 and 10 is H after, race 98 is
"multiple" and then "unknown". So ids are joined to the codes of the same archive and never leave it. Layouts are
recognized by members and headers, never by the year: states change at different times.

Case numbers of the police stand in some members (incident_number, ddocname, arrest_num). `_COLUMNS` names every column
that is read, and none of them is among those.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import duckdb

from orchestration.forms import Unreadable, archives, tables

_PIECE = 1 << 20
_LONGEST_HEADER = 1 << 16
# DuckDB spills beyond it, so that the memory does not grow with the archive.
_MEMORY = "1GB"
# Every column that is read of each member, under the member's base name in lower case.
_COLUMNS = {
    "nibrs_incident": ("agency_id", "incident_id", "incident_date", "report_date_flag"),
    "nibrs_offense": ("offense_id", "incident_id"),
    "nibrs_victim": ("victim_id", "incident_id", "victim_type_id", "sex_code", "race_id", "ethnicity_id"),
    "nibrs_victim_offense": ("victim_id", "offense_id"),
    "nibrs_month": ("agency_id", "month_num", "reported_status"),
    "nibrs_ethnicity": ("ethnicity_id", "ethnicity_code"),
    "ref_race": ("race_id", "race_code"),
    "nibrs_victim_type": ("victim_type_id", "victim_type_code"),
    "nibrs_offense_type": ("offense_code",),
}
# Without these two only the relation of victim and offender is unknown.
_RELATIONS = {
    "nibrs_victim_offender_rel": ("victim_id", "relationship_id"),
    "nibrs_relationship": ("relationship_id", "relationship_code"),
}
# From 2016 on one member lists the agencies; before, one lists them as they were in 2016 and one as in the year.
_AGENCIES = {
    "agencies": ("agency_id", "ori", "pub_agency_name", "agency_type_name", "population", "reporting_type",
                 "nibrs_start_date", "county_name"),
}  # fmt: skip
_AGENCIES_TO_2015 = {
    "cde_agencies": ("agency_id", "ori", "agency_name", "agency_type_name", "primary_county"),
    "agency_participation": ("agency_id", "agency_population"),
}
_ETHNICITIES = ("H", "N", "U", "M", "X")
# The ids that stand in the records, as they are written in the tables of what they number.
_IN_RECORDS = frozenset({"incident_id", "victim_id"})
_MAY_BE_EMPTY = ("ethnicity_id", "race_id", "relationship_id")
_FLAGS = ("R", "Y", "N", "t", "f")


@dataclass(frozen=True)
class _Table:
    """A member on disk: its own columns in their order."""

    path: Path
    columns: tuple[str, ...]

    def scan(self, wanted: tuple[str, ...], *, numbers: bool) -> str:
        """SQL that reads some columns as text, the empty text as null.

        numbers: ids as numbers. The query fails where one is none, or where records would lose how it is written.
        """
        ids = {name for name in wanted if numbers and name.endswith("_id")}
        own = f"{self.path.stem.removeprefix('nibrs_')}_id"
        written = ids & {own} & _IN_RECORDS
        types = ", ".join(f"'{name}': '{'bigint' if name in ids - written else 'varchar'}'" for name in self.columns)
        shown = ", ".join(
            f"{_number(name) if name in written else name if name in ids else _text(name)} as {name}" for name in wanted
        )
        return (
            f"select {shown} from read_csv('{self.path}', columns = {{{types}}}, header = false, skip = 1,"
            " auto_detect = false, delim = ',', quote = '\"', escape = '\"', strict_mode = true)"
        )


def records(archive: Path, state: str, year: str) -> Iterator[tuple[Iterator[bytes], str]]:
    """The archive's records as two CSV texts with headers: agencies' months, and victims with each of their offenses.

    The same archive gives the same bytes. Raises Unreadable where the archive must not be read, with the reason.
    """
    with tempfile.TemporaryDirectory(prefix="clawback-nibrs-") as name:
        folder = Path(name)
        with _Archive(archive, folder, state, year) as opened:
            opened.check()
            for what, query in (("agency months", opened.months()), ("victims", opened.victims())):
                target = folder / "records.csv"
                opened.execute(f"copy ({query}) to '{target}' (format csv, header true)")
                yield _pieces(target), what


class _Archive:
    """An unpacked archive behind a DuckDB connection of its own."""

    def __init__(self, archive: Path, folder: Path, state: str, year: str) -> None:
        self._folder, self._state, self._year = folder, state, year
        self._connection = duckdb.connect(
            config={"memory_limit": _MEMORY, "temp_directory": str(folder / "spill"), "threads": 2}
        )
        self._members = self._unpacked(archive)
        self.is_to_2015 = "cde_agencies" in self._members
        # From 2021 on an offense has its code, and a row of the months is one submitted document.
        self.has_offense_codes = "offense_code" in self._members["nibrs_offense"].columns
        self.has_relations = all(name in self._members for name in _RELATIONS)
        try:
            self._load(numbers=True)
        except duckdb.Error:
            # some id is no number, or a table is no CSV
            try:
                self._load(numbers=False)
            except duckdb.Error as error:
                raise Unreadable(f"a table of it is no CSV: {str(error).splitlines()[0][:200]}") from error
        for table in self._members.values():
            table.path.unlink()

    def __enter__(self) -> _Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def execute(self, statement: str) -> duckdb.DuckDBPyConnection:
        return self._connection.execute(statement)

    def _unpacked(self, archive: Path) -> dict[str, _Table]:
        """The members that are needed, each written to disk, by base name without case and folder."""
        found: dict[str, list[str]] = {}
        members = {info.filename: info for info in archives.members(archive)}
        for name in members:
            base = PurePosixPath(name.replace("\\", "/")).name.lower()
            if base.endswith(".csv"):
                found.setdefault(base.removesuffix(".csv"), []).append(name)
        agencies = _AGENCIES_TO_2015 if "agencies" not in found else _AGENCIES
        wanted = {**agencies, **_COLUMNS, **{name: columns for name, columns in _RELATIONS.items() if name in found}}
        if missing := [name for name in wanted if name not in found]:
            raise Unreadable(f"it has no table {', '.join(missing)}")
        opened = {}
        for table, columns in wanted.items():
            if len(found[table]) > 1:
                raise Unreadable(f"it has the table {table} twice: {', '.join(sorted(found[table]))}")
            path = self._folder / f"{table}.csv"
            with path.open("wb") as stream:
                for piece in archives.inflate(archive, members[found[table][0]]):
                    stream.write(piece)
            if "agenc" in table:
                _as_utf8(path)
            opened[table] = _Table(path, _header(path, table, columns))
        return opened

    def _load(self, *, numbers: bool) -> None:
        """The tables, with ids as numbers where they are: joining texts takes twice as long."""
        for name, table in self._members.items():
            wanted = {**_AGENCIES, **_AGENCIES_TO_2015, **_COLUMNS, **_RELATIONS}[name]
            if name in ("nibrs_offense", "nibrs_offense_type"):
                wanted = (*wanted, *(c for c in ("offense_code", "offense_type_id") if c in table.columns))
            columns = tuple(dict.fromkeys(wanted))
            self.execute(f"create or replace table {name} as {table.scan(columns, numbers=numbers)}")
        self.execute(f"create or replace table agency as {self._agencies()}")
        code = "offense_code" if self.has_offense_codes else "offense_type_id"
        self.execute(
            "create or replace table offense as select o.offense_id, o.incident_id, t.offense_code"
            f" from nibrs_offense as o left join nibrs_offense_type as t on o.{code} = t.{code}"
        )

    def _agencies(self) -> str:
        """One row an agency: some archives list an agency several times, differing in whether it participated."""
        if not self.is_to_2015:
            return (
                "select agency_id, min(ori) as ori, count(distinct ori) as oris, max(pub_agency_name) as agency_name,"
                " max(agency_type_name) as agency_type, max(population) as population,"
                " max(reporting_type) as reporting_type, max(nibrs_start_date) as nibrs_start_date,"
                " max(county_name) as county_names from agencies group by agency_id"
            )
        # Its people and months are those of 2016, whatever the year of the archive: the other table has the year's.
        return (
            "select c.agency_id, min(c.ori) as ori, count(distinct c.ori) as oris, max(c.agency_name) as agency_name,"
            " max(c.agency_type_name) as agency_type, max(p.agency_population) as population,"
            " cast(null as varchar) as reporting_type, cast(null as varchar) as nibrs_start_date,"
            " max(c.primary_county) as county_names from cde_agencies as c"
            " left join agency_participation as p on c.agency_id = p.agency_id group by c.agency_id"
        )

    def months(self) -> str:
        """The months of each agency with what the archive says of them, in a fixed order.

        A month of an agency that the archive does not name was not sent, and there is nobody to name it for.
        """
        basis = "document" if self.has_offense_codes else "agency"
        return f"""
            select 'month' as record, '{self._state}' as state_code, '{self._year}' as data_year, agency.ori,
                lpad(month_num, 2, '0') as month,
                case when bool_or(reported_status = 'I') then 'I' when bool_or(reported_status = 'Z') then 'Z'
                    else min(reported_status) end as reported_status,
                '{basis}' as month_basis, any_value(agency.agency_name) as agency_name,
                any_value(agency.agency_type) as agency_type, any_value(agency.population) as population,
                any_value(agency.reporting_type) as reporting_type,
                any_value(agency.nibrs_start_date) as nibrs_start_date,
                any_value(agency.county_names) as county_names
            from nibrs_month inner join agency on nibrs_month.agency_id = agency.agency_id
            group by agency.ori, month_num
            order by agency.ori, lpad(month_num, 2, '0')
        """

    def victims(self) -> str:
        """Each victim with each of its offenses. An incident's offenses are not all those of its victims."""
        relations = "select null as victim_id, null as codes where false"
        if self.has_relations:
            # most victims have one relation: only the codes of the others are put together
            of_victims = "from nibrs_victim_offender_rel inner join nibrs_relationship using (relationship_id)"
            relations = (
                f"select victim_id, min(relationship_code) as codes {of_victims} group by victim_id"
                " having min(relationship_code) = max(relationship_code) union all"
                " select victim_id, string_agg(distinct relationship_code, ' ' order by relationship_code) as codes"
                f" {of_victims} where victim_id in (select victim_id {of_victims} group by victim_id"
                " having min(relationship_code) <> max(relationship_code)) group by victim_id"
            )
        return f"""
            select 'victim' as record, '{self._state}' as state_code, '{self._year}' as data_year, agency.ori,
                i.incident_id, i.incident_date, i.report_date_flag, v.victim_id, t.victim_type_code, o.offense_code,
                e.ethnicity_code, r.race_code, v.sex_code, relations.codes as relationship_codes
            from nibrs_victim_offense as p
            inner join nibrs_victim as v on p.victim_id = v.victim_id
            inner join offense as o on p.offense_id = o.offense_id
            inner join nibrs_incident as i on o.incident_id = i.incident_id
            inner join agency on i.agency_id = agency.agency_id
            inner join nibrs_victim_type as t on v.victim_type_id = t.victim_type_id
            left join nibrs_ethnicity as e on v.ethnicity_id = e.ethnicity_id
            left join ref_race as r on v.race_id = r.race_id
            left join ({relations}) as relations on v.victim_id = relations.victim_id
            order by agency.ori, cast(v.victim_id as varchar), cast(p.offense_id as varchar)
        """

    def check(self) -> None:
        """Raise Unreadable where joining would lose or multiply a victim, or a value is of no known form."""
        self._check_ids()
        self._check_links()
        self._check_values()

    def _check_ids(self) -> None:
        kinds = "offense_code" if self.has_offense_codes else "offense_type_id"
        for table, key in (
            ("nibrs_incident", "incident_id"),
            ("nibrs_offense", "offense_id"),
            ("nibrs_victim", "victim_id"),
            ("nibrs_victim_offense", "victim_id, offense_id"),
            ("nibrs_ethnicity", "ethnicity_id"),
            ("ref_race", "race_id"),
            ("nibrs_victim_type", "victim_type_id"),
            ("nibrs_offense_type", kinds),
        ):
            lacking = " or ".join(f"{column} is null" for column in key.split(", "))
            query = f"select concat_ws('/', {key}) from {table} group by {key} having count(*) > 1 or {lacking}"
            self._none(query, f"{table} has an id of its own twice, or none")
        self._none("select agency_id from agency where oris <> 1", "an agency_id has no ORI, or several")

    def _check_links(self) -> None:
        """Every row is tied to one that is there; only ethnicity, race and relation may be empty."""
        relations = (("nibrs_victim_offender_rel", "relationship_id", "nibrs_relationship"),)
        for child, column, parent in (
            ("nibrs_victim_offense", "victim_id", "nibrs_victim"),
            ("nibrs_victim_offense", "offense_id", "offense"),
            ("nibrs_victim", "victim_id", "nibrs_victim_offense"),
            ("nibrs_victim", "incident_id", "nibrs_incident"),
            ("offense", "incident_id", "nibrs_incident"),
            ("nibrs_incident", "agency_id", "agency"),
            ("nibrs_victim", "victim_type_id", "nibrs_victim_type"),
            ("nibrs_victim", "ethnicity_id", "nibrs_ethnicity"),
            ("nibrs_victim", "race_id", "ref_race"),
            *(relations if self.has_relations else ()),
        ):
            is_asked = f"{column} is not null" if column in _MAY_BE_EMPTY else "true"
            query = (
                f"select {column} from {child} where {is_asked}"
                f" and not exists (select 1 from {parent} where {parent}.{column} = {child}.{column})"
            )
            self._none(query, f"{child} has a {column} that {parent} does not know")
        self._none(
            "select offense_id from offense where offense_code is null",
            "nibrs_offense has an offense that nibrs_offense_type does not know",
        )
        self._none(
            "select p.victim_id from nibrs_victim_offense as p inner join nibrs_victim as v using (victim_id)"
            " inner join offense as o using (offense_id) where v.incident_id <> o.incident_id",
            "nibrs_victim_offense ties a victim to another incident's offense",
        )

    def _check_values(self) -> None:
        self._known("nibrs_ethnicity", "ethnicity_code", _ETHNICITIES)
        self._known("nibrs_incident", "report_date_flag", _FLAGS)
        is_of_the_year = (
            "case when regexp_full_match(incident_date, '\\d{4}-\\d{2}-\\d{2}( .*)?')"
            f" then incident_date[:4] = '{self._year}' and try_cast(incident_date[:10] as date) is not null"
            " when regexp_full_match(incident_date, '\\d{2}-[A-Z]{3}-\\d{2}')"
            f" then incident_date[8:] = '{self._year[2:]}'"
            " and try_strptime(incident_date, '%d-%b-%y') is not null end"
        )
        self._none(
            f"select incident_date from nibrs_incident where not coalesce({is_of_the_year}, false)",
            f"nibrs_incident has a date of no known form, or outside {self._year}",
        )
        is_month = "try_cast(month_num as int) between 1 and 12"
        self._none(
            f"select month_num from nibrs_month where not coalesce({is_month}, false)",
            "nibrs_month has a month that is none",
        )

    def _known(self, table: str, column: str, values: tuple[str, ...]) -> None:
        listed = ", ".join(f"'{value}'" for value in values)
        self._none(f"select {column} from {table} where {column} not in ({listed})",
                   f"{table} has a {column} outside {', '.join(values)}")  # fmt: skip

    def _none(self, query: str, fault: str) -> None:
        """Raise Unreadable with the first of the rows of a query that must have none."""
        if found := self.execute(f"select * from ({query}) as faults(value) order by value limit 1").fetchone():
            raise Unreadable(f"{fault}: {str(found[0])[:40]!r}")


def _text(name: str) -> str:
    return f"nullif(trim({name}), '')"


def _number(name: str) -> str:
    """SQL: an id as a number, or an error where the number is written in another way than numbers are."""
    text, number = _text(name), f"try_cast({name} as bigint)"
    is_plain = f"{text} is null or coalesce(cast({number} as varchar) = {text}, false)"
    return f"case when {is_plain} then {number} else error('no number') end"


def _header(path: Path, table: str, needed: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of a member in lower case. A name that comes again is numbered (data_year of the months)."""
    with path.open("rb") as stream:
        line = stream.readline(_LONGEST_HEADER)
    try:
        names = next(csv.reader([line.decode("utf-8-sig").strip("\r\n")], strict=True))
        tables.must_be_a_header([f"{n}:{name}" for n, name in enumerate(names)])
    except (UnicodeDecodeError, StopIteration, csv.Error, Unreadable) as error:
        raise Unreadable(f"the first line of its table {table} is no header: {error}") from error
    found: list[str] = []
    for number, name in enumerate(names):
        plain = name.strip().lower()
        found.append(plain if plain.isidentifier() and plain not in found else f"column_{number}")
    if missing := [name for name in needed if name not in found]:
        raise Unreadable(f"its table {table} has no column {', '.join(missing)}")
    return tuple(found)


def _as_utf8(path: Path) -> None:
    """A list of agencies in UTF-8: California's of 2024 has a no-break space of Windows-1252."""
    body = path.read_bytes()
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        path.write_bytes(body.decode("cp1252", errors="replace").encode())


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece
