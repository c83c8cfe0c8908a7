"""How large a file or a response may be: one declaration for every format, with a setting for each limit.

What belongs here: the limits, their defaults, and the message about a file that exceeds one. What does not: how a
format is read (forms), time limits for a publisher's response (fetching, settings).

Each limit is an environment variable, `CLAWBACK_LIMIT_` and its name. The defaults are far above every real file seen
so far. What is read as a stream (bulk archives, their CSV) may be large; what is read in memory is limited so that no
file needs more than 1 GiB.
"""

from __future__ import annotations

import os
from functools import lru_cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "CLAWBACK_LIMIT_"
_MIB, _GIB = 1024**2, 1024**3


class Limits(BaseSettings):
    """What one file or answer may be."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    # Bytes of a file or an answer that is read in memory, after its compression was undone. The largest real ones are
    # the FBI's master files unpacked, 165 MB.
    body_bytes: int = Field(256 * _MIB, gt=0)
    # Bytes of a file that is written to disk and read as a stream: USAspending's archives have some GB.
    download_bytes: int = Field(32 * _GIB, gt=0)
    # Bytes that all members of an archive may unpack to, read as a stream: all agencies of one year are near 10 GB.
    archive_bytes: int = Field(64 * _GIB, gt=0)
    # Members of an archive: the mirror of New York's matters has some 20,000.
    archive_entries: int = Field(100_000, gt=0)
    # Unpacked bytes to packed ones; real archives have 10 to 30 to 1.
    ratio: float = Field(300.0, gt=1)
    # Bytes of memory that parsing may take: as estimated beforehand, and as a hard limit for a parser in a separate
    # process.
    memory_bytes: int = Field(640 * _MIB, gt=0)
    # Records of one capture: a year of NIBRS has 1.5 million victims.
    rows: int = Field(50_000_000, gt=0)
    # Fields of a record: a transaction of USAspending has 112.
    columns: int = Field(2_000, gt=0)
    # Rows times columns of a table that is read in memory (a workbook's sheet).
    cells: int = Field(4_000_000, gt=0)
    # Characters of one value: the longest ordinances have some 1,000,000.
    cell_characters: int = Field(8 * _MIB, gt=0)
    # Lists and objects inside each other, in JSON.
    depth: int = Field(64, gt=0)
    # Bytes of an HTML page: the trackers' pages have some 200,000.
    page_bytes: int = Field(32 * _MIB, gt=0)
    # Tags of an HTML page.
    tags: int = Field(500_000, gt=0)
    # Pages of a PDF, sheets of a workbook.
    pages: int = Field(1_000, gt=0)
    # Seconds that a parser in a process of its own may work on one file.
    seconds: float = Field(120.0, gt=0)


def current() -> Limits:
    """The limits as the environment says them now."""
    variables = tuple(sorted((name, value) for name, value in os.environ.items() if name.upper().startswith(PREFIX)))
    return _of(variables)


@lru_cache(maxsize=8)
def _of(variables: tuple[tuple[str, str], ...]) -> Limits:
    return Limits()


def beyond(name: str, found: str) -> str:
    """The words that refuse a file: what was found, what is read, and the setting that raises it.

    found: with its unit ("3,000 columns").
    """
    most = getattr(current(), name)
    shown = f"{most:,.0f}" if isinstance(most, float) else f"{most:,}"
    bound = {
        "memory_bytes": f"at most {shown} bytes of memory are given to it",
        "seconds": f"at most {shown} seconds are given to it",
        "ratio": f"at most {shown} to 1 is read",
    }.get(name, f"at most {shown} are read")
    return f"{found}, {bound} ({PREFIX}{name.upper()} raises it)"
