"""Small NIBRS archives in each of the FBI's three layouts, as the headers of real ones are.

What belongs here: making an archive of a few synthetic incidents. What does not: what must come of it (the tests).
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

Layout = Literal["to 2015", "2016 to 2020", "from 2021"]
LAYOUTS: tuple[Layout, ...] = ("to 2015", "2016 to 2020", "from 2021")
YEARS = {"to 2015": "2013", "2016 to 2020": "2017", "from 2021": "2024"}
# A case number of the police, wherever an archive has one.
CASE_NUMBER = "SECRET-CASE-13"

_TO_2020 = {"ethnicity": {"H": "1", "N": "2", "U": "3", "M": "4"}, "race": {"U": "0", "W": "1", "B": "2", "M": "98"}}
_FROM_2021 = {"ethnicity": {"H": "10", "N": "20", "M": "30", "U": "40", "X": "50"},
              "race": {"W": "10", "B": "20", "M": "70", "U": "98", "NS": "99"}}  # fmt: skip
VICTIM_TYPES = {"B": "1", "F": "2", "G": "3", "I": "4", "L": "5", "O": "6", "R": "7", "S": "8", "U": "9"}
OFFENSES = {"13A": "27", "13B": "51", "11A": "36", "220": "49", "120": "40"}
RELATIONS = {"SE": "20", "BG": "4", "ST": "24", "XR": "27"}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass
class Victim:
    """A victim, the codes of its offenses, and of its relations to offenders."""

    offenses: Sequence[str] = ("13B",)
    ethnicity: str = "H"
    kind: str = "I"
    sex: str = "F"
    race: str = "W"
    relations: Sequence[str] = ()


@dataclass
class Incident:
    """An incident of an agency on a day (mm-dd) of the archive's year."""

    victims: Sequence[Victim] = field(default_factory=lambda: [Victim()])
    agency: int = 1
    day: str = "02-06"
    flag: str = ""


@dataclass
class Agency:
    """An agency with the state of each month of the year (twelve letters), its way of reporting and its start."""

    number: int = 1
    ori: str = "SY0010000"
    name: str = "Testville"
    months: str = "IIIIIIIIIIII"
    reporting_type: str = "I"
    start: str = "01-01"


class Archive:
    """The tables of one archive: change `tables`, then take its bytes."""

    def __init__(self, layout: Layout, incidents: Iterable[Incident] = (), agencies: Iterable[Agency] = ()) -> None:
        self.layout, self.year = layout, YEARS[layout]
        self.is_old, self.is_new = layout == "to 2015", layout == "from 2021"
        self.codes = _FROM_2021 if self.is_new else _TO_2020
        self.agencies = list(agencies) or [Agency()]
        self.tables: dict[str, list[list[str]]] = {}
        self.encoding, self.folder = "utf-8", {"2016 to 2020": "SY/"}.get(layout, "")
        self._code_tables()
        self._agencies()
        self._incidents(list(incidents) or [Incident()])

    @property
    def name(self) -> str:
        return f"LA-{self.year}.zip"

    def body(self) -> bytes:
        """The zip, its members named, quoted and ended as in the layout."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, rows in self.tables.items():
                archive.writestr(f"{self.folder}{self._member(name)}", self._text(rows).encode(self.encoding))
            archive.writestr("README.md", "the publisher's")
        return buffer.getvalue()

    def _member(self, name: str) -> str:
        is_lower = self.is_old or name == "agencies"
        if not is_lower:
            name = f"NIBRS_{name[6:]}" if name in ("nibrs_incident", "nibrs_month") else name.upper()
        return f"{name}.csv"

    def _text(self, rows: list[list[str]]) -> str:
        text = io.StringIO(newline="")
        is_quoted = self.layout == "2016 to 2020"
        writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC if is_quoted else csv.QUOTE_MINIMAL,
                            lineterminator="\r\n" if is_quoted else "\n")  # fmt: skip
        header, *rest = rows
        writer.writerow([name.upper() for name in header] if is_quoted else header)
        writer.writerows([int(cell) if cell.isdigit() else cell for cell in row] if is_quoted else row for row in rest)
        return text.getvalue()

    def _put(self, name: str, header: str, rows: Iterable[Sequence[str]]) -> None:
        """A table; from 2016 on its first column is the year."""
        names = header.split()
        has_year = not self.is_old and name.startswith("nibrs_") and name.removeprefix("nibrs_") in (
            "incident", "month", "offense", "victim", "victim_offense", "victim_offender_rel",
        )  # fmt: skip
        first = [self.year] if has_year else []
        self.tables[name] = [[*(["data_year"] if has_year else []), *names], *([*first, *row] for row in rows)]

    def _code_tables(self) -> None:
        hc = " hc_flag" if self.is_old else ""
        extra = ["Y"] if self.is_old else []
        ethnicities = [[id_, code, f"name {code}", *extra] for code, id_ in self.codes["ethnicity"].items()]
        self._put("nibrs_ethnicity", f"ethnicity_id ethnicity_code ethnicity_name{hc}", ethnicities)
        self._put("ref_race", "race_id race_code race_desc sort_order notes",
                  [[id_, code, f"race {code}", "1", ""] for code, id_ in self.codes["race"].items()])  # fmt: skip
        self._put("nibrs_victim_type", "victim_type_id victim_type_code victim_type_name",
                  [[id_, code, f"kind {code}"] for code, id_ in VICTIM_TYPES.items()])  # fmt: skip
        self._put("nibrs_relationship", "relationship_id relationship_code relationship_name",
                  [[id_, code, f"relation {code}"] for code, id_ in RELATIONS.items()])  # fmt: skip
        offenses = [
            [*([] if self.is_new else [id_]), code, f"offense {code}", "Person"] for code, id_ in OFFENSES.items()
        ]
        ids = "" if self.is_new else "offense_type_id "
        self._put("nibrs_offense_type", f"{ids}offense_code offense_name crime_against", offenses)

    def _agencies(self) -> None:
        months = [(a, n, state) for a in self.agencies for n, state in enumerate(a.months, start=1)]
        if self.is_old:
            self._put("cde_agencies", "agency_id ori agency_name agency_type_name primary_county population months",
                      [[str(a.number), a.ori, a.name, "City", "Syn", "16", "6"] for a in self.agencies])  # fmt: skip
            self._put("agency_participation", "year agency_id agency_ori agency_name agency_population",
                      [[self.year, str(a.number), a.ori, a.name, "12000"] for a in self.agencies])  # fmt: skip
        else:
            self._put("agencies",
                      "agency_id data_year ori reporting_type pub_agency_name agency_type_name population"
                      " nibrs_start_date county_name participated",
                      [[str(a.number), self.year, a.ori, a.reporting_type, a.name, "City", "12000", self.day(a.start),
                        "SYN", "Y"] for a in self.agencies])  # fmt: skip
        if not self.is_new:
            second = "" if self.is_old else " data_year"
            self._put("nibrs_month", f"nibrs_month_id agency_id month_num{second} reported_status ddocname",
                      [[str(100 * a.number + n), str(a.number), str(n), *([] if self.is_old else [self.year]), state,
                        CASE_NUMBER] for a, n, state in months])  # fmt: skip

    def day(self, day: str) -> str:
        """A day (mm-dd) of the archive's year as the layout writes it."""
        if self.layout == "2016 to 2020":
            return f"{day[3:]}-{_MONTHS[int(day[:2]) - 1]}-{self.year[2:]}"
        return f"{self.year}-{day}" + (" 00:00:00" if self.is_old else "")

    def _incidents(self, incidents: list[Incident]) -> None:
        rows: dict[str, list[list[str]]] = {
            name: [] for name in ("incident", "offense", "victim", "pair", "relation", "month")
        }
        offense, victim = 5000, 7000
        for number, one in enumerate(incidents, start=1001):
            case = [CASE_NUMBER] if self.is_old else []
            flag = one.flag or ("f" if self.is_new else "")
            rows["incident"].append([str(one.agency), str(number), *case, self.day(one.day), flag])
            rows["month"].append(["44", str(one.agency), str(int(one.day[:2])), self.year, "I", CASE_NUMBER])
            ids = {}
            for code in dict.fromkeys(code for v in one.victims for code in v.offenses):
                offense += 1
                ids[code] = str(offense)
                rows["offense"].append([str(offense), str(number), code if self.is_new else OFFENSES[code]])
            for v in one.victims:
                victim += 1
                race = self.codes["race"].get(v.race, "")
                ethnicity = self.codes["ethnicity"].get(v.ethnicity, "")
                rows["victim"].append([str(victim), str(number), VICTIM_TYPES[v.kind], v.sex, race, ethnicity])
                rows["pair"] += [[str(victim), ids[code]] for code in v.offenses]
                rows["relation"] += [[str(victim), str(9000 + n), RELATIONS[r]] for n, r in enumerate(v.relations)]
        case_column = "incident_number " if self.is_old else ""
        kind = "offense_code" if self.is_new else "offense_type_id"
        self._put(
            "nibrs_incident", f"agency_id incident_id {case_column}incident_date report_date_flag", rows["incident"]
        )
        self._put("nibrs_offense", f"offense_id incident_id {kind}", rows["offense"])
        self._put("nibrs_victim", "victim_id incident_id victim_type_id sex_code race_id ethnicity_id", rows["victim"])
        self._put("nibrs_victim_offense", "victim_id offense_id", rows["pair"])
        self._put("nibrs_victim_offender_rel", "victim_id offender_id relationship_id", rows["relation"])
        if self.is_new:
            self._put(
                "nibrs_month",
                "nibrs_month_id agency_id month_num inc_data_year reported_status ddocname",
                rows["month"],
            )
