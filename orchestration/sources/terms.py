"""The terms under which data may be passed on: each dataset names one of them.

What belongs here: the terms of kinds of publishers. What does not: which dataset is under which (its class), the
license of the software (LICENSE), and those of packages (tools/licences.toml).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class License:
    """The terms of some publishers. What nobody states is said to be unstated.

    name: an id of the Open Definition or SPDX; notspecified where the publisher states none. title: the terms in a
    sentence. path: where the terms or the law can be read; None where each publisher has its own.
    """

    name: str
    title: str
    path: str | None = None

    def to_json(self) -> dict[str, str]:
        """As the Data Package standard writes it."""
        written = {"name": self.name, "path": self.path, "title": self.title}
        return {name: value for name, value in written.items() if value}


FEDERAL = License(
    "other-pd",
    "Works of the United States Government, which have no copyright in the United States (17 U.S.C. 105)",
    "https://www.copyright.gov/title17/92chap1.html#105",
)
COUNCILS = License(
    "notspecified",
    "Councils' records. The councils state no license; what a legislature writes in its office has no copyright"
    " (Georgia v. Public.Resource.Org, 590 U.S. 255, 2020)",
    "https://www.supremecourt.gov/opinions/19pdf/18-1150_7m58.pdf",
)
CITIES = License(
    "notspecified", "Cities' open data, each under the terms that its portal states on the data set's own page"
)
PRINTED = License(
    "notspecified",
    "Facts that others printed, which have no copyright (17 U.S.C. 102(b)). Their wording, maps and arrangement belong"
    " to their publishers",
    "https://www.copyright.gov/title17/92chap1.html#102",
)
OWN = License(
    "Apache-2.0",
    "Clawback's own tables and readings, under the Apache License 2.0; the sources that they cite keep their terms",
    "https://www.apache.org/licenses/LICENSE-2.0",
)
EVERY = (FEDERAL, COUNCILS, CITIES, PRINTED, OWN)
