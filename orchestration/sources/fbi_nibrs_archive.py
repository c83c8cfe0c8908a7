"""What one of the FBI's NIBRS archives says: the months of its agencies, and its victims with their offenses.

What belongs here: joining the tables of an archive, and every reason to refuse one. What does not: finding and reading
its members (fbi_nibrs_tables), how an archive is requested (fbi_nibrs), what a code means (dbt).

Ids of the code tables change their meaning between years: ethnicity 1 is H to 2020 and 10 is H after, race 98 is
"multiple" and then "unknown". So ids are joined to the codes of the same archive and never leave it. Layouts are
recognized by members and headers, never by the year: states change at different times.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from orchestration.forms import Unreadable
from orchestration.sources import fbi_nibrs_tables

# DuckDB spills beyond it, so that the memory does not grow with the archive.
_MEMORY = "1GB"
_ROWS_A_FRAME = 200_000
_ETHNICITIES = ("H", "N", "U", "M", "X")
_MAY_BE_EMPTY = ("ethnicity_id", "race_id", "relationship_id")
_FLAGS = ("R", "Y", "N", "t", "f")
# Columns of few values, which are sorted and joined as numbers.
_OF_FEW_VALUES = {
    "agency": ("ori",),
    "offense": ("offense_code",),
    "nibrs_victim_type": ("victim_type_code",),
    "nibrs_ethnicity": ("ethnicity_code",),
    "ref_race": ("race_code",),
}


def records(archive: Path, state: str, year: str) -> Iterator[tuple[Iterator[pl.DataFrame], str]]:
    """The archive's records as two tables of text: agencies' months, and victims with each of their offenses.

    Each table comes in frames, the first of which is empty: a table without records has columns too. Columns of few
    values are categories. The same archive gives the same rows in the same order. Raises Unreadable where the archive
    must not be read, with the reason.
    """
    with (
        tempfile.TemporaryDirectory(prefix="clawback-nibrs-") as spill,
        duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": spill, "threads": 2}) as connection,
    ):
        opened = _Archive(connection, archive, state, year)
        opened.check()
        for what, query in (("agency months", opened.months()), ("victims", opened.victims())):
            yield opened.frames(query), what


class _Archive:
    """The tables of an archive behind a DuckDB connection of their own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, archive: Path, state: str, year: str) -> None:
        self._connection, self._state, self._year = connection, state, year
        columns = fbi_nibrs_tables.load(connection, archive)
        self.is_to_2015 = "cde_agencies" in columns
        # From 2021 on an offense has its code, and a row of the months is one submitted document.
        self.has_offense_codes = "offense_code" in columns["nibrs_offense"]
        self.has_relations = all(name in columns for name in fbi_nibrs_tables.RELATIONS)
        self._make("agency", self._agencies())
        code = "offense_code" if self.has_offense_codes else "offense_type_id"
        self._make(
            "offense",
            "select o.offense_id, o.incident_id, t.offense_code"
            f" from nibrs_offense as o left join nibrs_offense_type as t on o.{code} = t.{code}",
        )
        for table, names in _OF_FEW_VALUES.items():
            self._narrow(table, names)

    def execute(self, statement: str) -> duckdb.DuckDBPyConnection:
        return self._connection.execute(statement)

    def frames(self, query: str) -> Iterator[pl.DataFrame]:
        """The rows of a query in frames, the first without rows."""
        reader = self._connection.sql(query).to_arrow_reader(_ROWS_A_FRAME)
        yield _frame(pa.RecordBatch.from_pylist([], reader.schema))
        for batch in reader:
            yield _frame(batch)

    def _make(self, table: str, query: str) -> None:
        self.execute(f"create or replace table {table} as {query}")

    def _narrow(self, table: str, names: tuple[str, ...]) -> None:
        """Have columns of few values as numbers that stand for them, in the order of the texts."""
        for name in names:
            values = f"select distinct {name} from {table} where {name} is not null order by {name}"
            self.execute(f"create type {table}_{name} as enum ({values})")
        narrow = ", ".join(f"cast({name} as {table}_{name}) as {name}" for name in names)
        self._make(table, f"select * replace ({narrow}) from {table}")

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

    def _relations(self) -> str:
        """The codes of each victim's relations. Most victims have one: only those of the others are put together."""
        if not self.has_relations:
            return "select cast(null as bigint) as victim_id, '' as relationship_codes where false"
        return """
            with found as (
                select victim_id, min(relationship_code) as first, max(relationship_code) as last
                from nibrs_victim_offender_rel inner join nibrs_relationship using (relationship_id) group by victim_id
            )
            select victim_id, first as relationship_codes from found where first = last
            union all
            select victim_id, string_agg(distinct relationship_code, ' ' order by relationship_code)
            from nibrs_victim_offender_rel inner join nibrs_relationship using (relationship_id)
            where victim_id in (select victim_id from found where first <> last) group by victim_id
        """

    def _join(self) -> None:
        """Make the table of victims with each of their offenses, in a fixed order: as the texts of their ids stand.

        An incident's offenses are not all those of its victims. is_tied: victim and offense are of one incident.
        """
        self._make("relation", self._relations())
        self._narrow("relation", ("relationship_codes",))
        self._make(
            "joined",
            f"""
            select agency.ori, i.incident_id, i.incident_date, i.report_date_flag, v.victim_id, t.victim_type_code,
                o.offense_code, e.ethnicity_code, r.race_code, v.sex_code, relation.relationship_codes, p.offense_id,
                coalesce(v.incident_id = o.incident_id, false) as is_tied
            from nibrs_victim_offense as p
            inner join nibrs_victim as v on p.victim_id = v.victim_id
            inner join offense as o on p.offense_id = o.offense_id
            inner join nibrs_incident as i on o.incident_id = i.incident_id
            inner join agency on i.agency_id = agency.agency_id
            inner join nibrs_victim_type as t on v.victim_type_id = t.victim_type_id
            left join nibrs_ethnicity as e on v.ethnicity_id = e.ethnicity_id
            left join ref_race as r on v.race_id = r.race_id
            left join relation on v.victim_id = relation.victim_id
            order by agency.ori, {self._as_text("nibrs_victim", "victim_id")}, {self._as_text("offense", "offense_id")}
            """,
        )

    def _as_text(self, table: str, column: str) -> str:
        """SQL of what sorts pairs by the texts of a column: numbers of as many digits each are sorted like these."""
        least, greatest = self.execute(f"select min({column}), max({column}) from {table}").fetchone() or (None, None)
        if isinstance(least, int) and least >= 0 and len(str(least)) == len(str(greatest)):
            return f"p.{column}"
        return f"cast(p.{column} as varchar)"

    def victims(self) -> str:
        """Each victim with each of its offenses."""
        return (
            f"select 'victim' as record, '{self._state}' as state_code, '{self._year}' as data_year, ori, incident_id,"
            " incident_date, report_date_flag, victim_id, victim_type_code, offense_code, ethnicity_code, race_code,"
            " sex_code, relationship_codes from joined"
        )

    def check(self) -> None:
        """Raise Unreadable where joining would lose or multiply a victim, or a value is of no known form."""
        self._check_ids()
        self._join()
        if not self._is_whole():
            self._check_pairs()
        self._check_links()
        self._check_values()

    def _is_whole(self) -> bool:
        """Whether the joined rows alone show that every pair is tied to a victim and an offense of one incident.

        They do if each pair is one row and none comes twice, and if each victim is in a row. Ids of victims and
        offenses are known to come once. Equal ids stand together; if they did not, victims would be counted twice.
        """
        row = self.execute(
            "select count(*) = (select count(*) from nibrs_victim_offense) and bool_and(is_tied)"
            " and count(*) filter (is_next) = (select count(*) from nibrs_victim)"
            " and not bool_or(not is_next and is_next_pair = false) from (select is_tied,"
            " victim_id is distinct from lag(victim_id) over () as is_next,"
            " offense_id is distinct from lag(offense_id) over () as is_next_pair from joined)"
        ).fetchone()
        return bool(row and row[0])

    def _check_ids(self) -> None:
        kinds = "offense_code" if self.has_offense_codes else "offense_type_id"
        for table, key in (
            ("nibrs_incident", "incident_id"),
            ("nibrs_offense", "offense_id"),
            ("nibrs_victim", "victim_id"),
            ("nibrs_ethnicity", "ethnicity_id"),
            ("ref_race", "race_id"),
            ("nibrs_victim_type", "victim_type_id"),
            ("nibrs_offense_type", kinds),
        ):
            self._must_be_unique(table, key)
        self._none("select agency_id from agency where oris <> 1", "an agency_id has no ORI, or several")

    def _must_be_unique(self, table: str, key: str) -> None:
        if "," not in key and self._is_unique(table, key):
            return
        lacking = " or ".join(f"{column} is null" for column in key.split(", "))
        query = f"select concat_ws('/', {key}) from {table} group by {key} having count(*) > 1 or {lacking}"
        self._none(query, f"{table} has an id of its own twice, or none")

    def _is_unique(self, table: str, key: str) -> bool:
        row = self.execute(f"select count(*) = count(distinct {key}) from {table}").fetchone()
        return bool(row and row[0])

    def _check_pairs(self) -> None:
        """Every victim has an offense, and each pair of them is of one incident and comes once."""
        self._must_be_unique("nibrs_victim_offense", "victim_id, offense_id")
        for child, column, parent in (
            ("nibrs_victim_offense", "victim_id", "nibrs_victim"),
            ("nibrs_victim_offense", "offense_id", "offense"),
            ("nibrs_victim", "victim_id", "nibrs_victim_offense"),
            ("nibrs_victim", "incident_id", "nibrs_incident"),
        ):
            self._must_be_known(child, column, parent)
        self._none(
            "select p.victim_id from nibrs_victim_offense as p inner join nibrs_victim as v using (victim_id)"
            " inner join offense as o using (offense_id) where v.incident_id <> o.incident_id",
            "nibrs_victim_offense ties a victim to another incident's offense",
        )

    def _check_links(self) -> None:
        """Every other row is tied to one that is there; only ethnicity, race and relation may be empty."""
        relations = (("nibrs_victim_offender_rel", "relationship_id", "nibrs_relationship"),)
        for child, column, parent in (
            ("offense", "incident_id", "nibrs_incident"),
            ("nibrs_incident", "agency_id", "agency"),
            ("nibrs_victim", "victim_type_id", "nibrs_victim_type"),
            ("nibrs_victim", "ethnicity_id", "nibrs_ethnicity"),
            ("nibrs_victim", "race_id", "ref_race"),
            *(relations if self.has_relations else ()),
        ):
            self._must_be_known(child, column, parent)
        self._none(
            "select offense_id from offense where offense_code is null",
            "nibrs_offense has an offense that nibrs_offense_type does not know",
        )

    def _must_be_known(self, child: str, column: str, parent: str) -> None:
        is_asked = f"{column} is not null" if column in _MAY_BE_EMPTY else "true"
        query = (
            f"select {column} from {child} where {is_asked}"
            f" and not exists (select 1 from {parent} where {parent}.{column} = {child}.{column})"
        )
        self._none(query, f"{child} has a {column} that {parent} does not know")

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
            "select incident_date from (select distinct cast(incident_date as varchar) as incident_date"
            f" from nibrs_incident) as days where not coalesce({is_of_the_year}, false)",
            f"nibrs_incident has a date of no known form, or outside {self._year}",
        )
        is_month = "try_cast(month_num as int) between 1 and 12"
        self._none(
            f"select month_num from nibrs_month where not coalesce({is_month}, false)",
            "nibrs_month has a month that is none",
        )

    def _known(self, table: str, column: str, values: tuple[str, ...]) -> None:
        listed = ", ".join(f"'{value}'" for value in values)
        self._none(f"select {column} from {table} where cast({column} as varchar) not in ({listed})",
                   f"{table} has a {column} outside {', '.join(values)}")  # fmt: skip

    def _none(self, query: str, fault: str) -> None:
        """Raise Unreadable with the first of the rows of a query that must have none."""
        if found := self.execute(f"select * from ({query}) as faults(value) order by value limit 1").fetchone():
            raise Unreadable(f"{fault}: {str(found[0])[:40]!r}")


def _frame(rows: pa.RecordBatch) -> pl.DataFrame:
    """A batch's columns as text; those of few values stay numbers that stand for texts."""
    return pl.DataFrame([_column(name, rows.column(name)) for name in rows.schema.names])


def _column(name: str, values: pa.Array) -> pl.Series:
    if pa.types.is_dictionary(values.type):
        # polars would have the texts of all columns in one list, and every column would be written with all of them
        return pl.Series(name, values.indices).cat.to(pl.Enum(values.dictionary.to_pylist()))
    return pl.Series(name, values).cast(pl.String)
