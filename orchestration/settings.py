"""Settings: the environment, read once, as typed values.

What belongs here: every variable that changes what Clawback does, with its default, and the folders that follow from
them. What does not: anything that reads a capture, opens a socket or writes a file.
"""

from __future__ import annotations

import os
import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, ByteSize, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestration.limits import Limits

Edition = Literal["recorded", "live"]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

# The folder of pyproject.toml and dbt_project/.
PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"
QUERIES_DIR = PROJECT_ROOT / "queries"


_BUCKET_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_=-][A-Za-z0-9._=-]*)*/?")

# Base URLs that sources declare in their own modules, by the name that overrides them.
_declared_urls: dict[str, str] = {}


def declare_url(name: str, url: str) -> str:
    """The name of a base URL that a source declares itself; `CLAWBACK_URLS='{"<name>": "..."}'` overrides it.

    name: the source's name with `_url`. Raises ValueError if the name is taken by another URL.
    """
    if name in Settings.model_fields or _declared_urls.setdefault(name, url) != url:
        raise ValueError(f"{name} is the name of another publisher's URL")
    return name


LEGISTAR_TOKEN_PREFIX = "LEGISTAR_TOKEN_"


def _legistar_tokens() -> dict[str, SecretStr]:
    """The tokens of Legistar's clients by the client's part of the variable's name: which clients there are is data."""
    return {
        name.removeprefix(LEGISTAR_TOKEN_PREFIX): SecretStr(value)
        for name, value in os.environ.items()
        if name.startswith(LEGISTAR_TOKEN_PREFIX) and value
    }


def _folder_or_bucket(value: Any) -> Any:
    """A folder as a Path, object storage as its URL. Raises ValueError for any other URL, and one with a key in it."""
    if not isinstance(value, str) or "://" not in value:
        return Path(value) if isinstance(value, str) else value
    if not _BUCKET_URL.fullmatch(value):
        raise ValueError("a folder, or s3://BUCKET/PREFIX: lower-case bucket, no user, key, query or blank in it")
    return value.rstrip("/")


class Settings(BaseSettings):
    """What the environment says, prefix ``CLAWBACK_``; keys keep the names their publishers use."""

    # an error's text goes into logs and Dagster's records: what was given may be a key, and is not in it
    model_config = SettingsConfigDict(
        env_prefix="CLAWBACK_", extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    # The folder under which everything captured, built and released is kept. Two homes are two installations.
    home: Path = Path("data")
    # recorded: the tables that come with the code, without a network. live: what the publishers show today.
    edition: Edition = "recorded"
    # A mail address that publishers are given in each request, so that they can write before they block. Live only.
    contact: str = ""
    # Where captures are kept, if not in the folder `landing` of the home: another disk, or one that is backed up; or
    # object storage, s3://BUCKET/PREFIX, of which that folder is then the working copy (extra `s3`, docs/operating.md).
    landing: Annotated[Path | str | None, BeforeValidator(_folder_or_bucket)] = None
    # Seconds for which one request is tried again before its slice has failed.
    request_deadline: float = 600.0
    # Seconds that one answer may take from the request to its last byte.
    answer_seconds: float = Field(300.0, gt=0)
    # Bytes a second. A file that is downloaded may take as many seconds more as its bytes need at this rate: what comes
    # more slowly is given up.
    download_rate: float = Field(50_000.0, gt=0)
    # Lists of the COPS Office whose addresses are guessed in one run, three spellings each.
    cops_lists_a_night: int = 20
    # Seconds between two looks at a download that a publisher is making.
    download_poll: float = 10.0
    # Seconds until a download that a publisher is making is given up.
    download_deadline: float = 3600.0
    # Award pages requested in one run to refresh outlays; every open award within a month at 20,000 open awards.
    award_pages_a_night: int = 700
    # Months of incident rows requested in one run, where a city's own count differs from what was captured.
    incident_months_a_night: int = 60
    # Requests to the FBI's API in any hour, and so in a run; the key's own limit is about 1,000 an hour.
    fbi_requests_an_hour: int = 900

    # Where the tables are built. duckdb: one process on this machine. spark: Spark on the master of
    # CLAWBACK_SPARK_MASTER, which needs the extra `spark` and Java 17 (docs/scale.md).
    engine: Literal["duckdb", "spark"] = "duckdb"
    # The Spark master: local[*] for the cores of this machine, spark://HOST:PORT for a cluster, sc://HOST:PORT for a
    # Connect server (with /;use_ssl=true if it speaks TLS). Workers and the server see the home and the landing folder
    # under the same paths.
    spark_master: str = Field(
        "local[*]", pattern=r"^(local(\[.+\])?|spark://.+:[0-9]+|sc://[^/;]+:[0-9]+(/;use_ssl=true)?)$"
    )
    # Further configuration of the Spark session, by name: '{"spark.driver.memory": "8g"}'.
    spark_conf: dict[str, str] = Field(default_factory=dict)

    # Rows up to which a fact is in the DuckDB file of a release. A larger one is a view over its Parquet file there, so
    # that its rows are on the disk once (docs/scale.md). Without a number every fact is in the file.
    fact_rows_in_file: int | None = Field(None, ge=0)

    # Seconds that one query of a reader may take (`sql`, `query`, notebooks): then it is stopped.
    query_seconds: float = Field(120.0, gt=0)
    # Memory that one query of a reader may take: beyond, it is stopped.
    query_memory: ByteSize = Field(ByteSize(2 * 1024**3), ge=64 * 1024**2)

    # Base URLs in place of those that sources declare in their own modules (declare_url), by name.
    urls: dict[str, str] = Field(default_factory=dict)

    usaspending_url: str = "https://api.usaspending.gov/api/v2"
    usaspending_files_url: str = "https://files.usaspending.gov"
    cops_url: str = "https://cops.usdoj.gov"
    legistar_url: str = "https://webapi.legistar.com/v1"
    chicago_elms_url: str = "https://api.chicityclerkelms.chicago.gov"
    socrata_url: str = "https://{domain}"
    fbi_cde_url: str = "https://api.usa.gov/crime/fbi/cde"
    fbi_files_url: str = "https://cde.ucr.cjis.gov/LATEST"
    # Where the signed links of that address lead, as public clients saw it: a host that no setting names is refused.
    fbi_bucket_url: str = "https://cde-prd-data.s3.us-gov-east-1.amazonaws.com"
    bjs_ncvs_url: str = "https://api.ojp.gov/bjsdataset/v1"
    census_url: str = "https://api.census.gov/data"
    census_files_url: str = "https://www2.census.gov/geo/docs/maps-data/data/gazetteer"
    ice_287g_url: str = "https://www.ice.gov/doclib/about/offices/ero/287g/participatingAgencies.xlsx"
    doj_list_url: str = "https://www.justice.gov/ag/us-sanctuary-jurisdiction-list-following-executive-order-14287-protecting-american-communities"

    # Who gets messages about failures and recoveries: addresses as Apprise writes them, with blanks between them
    # (docs/reliability.md). They contain tokens, so they are secrets.
    notify_urls: SecretStr | None = None
    # The older form: one https address that takes {"text": ...}. Both may be set.
    notify_url: SecretStr | None = None
    # Seconds that a run waits at its end for all of them together.
    notify_seconds: float = 10.0
    # on: Dagster's daemon runs the job `refresh` every night (02:00, New York time) without anybody switching it on.
    schedule: Literal["off", "on"] = "off"
    # text: lines for people. json: one JSON object a line on standard error (orchestration/logs.py).
    log: Literal["text", "json"] = "text"
    # Hours after the last good live refresh from which on `clawback health` warns.
    health_hours: float = 48.0

    # How large a file or an answer may be: CLAWBACK_LIMIT_* (orchestration/limits.py says each, with its reason).
    limits: Limits = Field(default_factory=Limits, exclude=True)

    # Keys belong to the publishers, so they keep the publishers' names and take no prefix.

    # The FBI's API, by api.data.gov. Without it the FBI's months are skipped.
    data_gov_api_key: SecretStr | None = Field(default=None, validation_alias="DATA_GOV_API_KEY")
    # Cities' portals: optional, and allows more requests an hour.
    socrata_app_token: SecretStr | None = Field(default=None, validation_alias="SOCRATA_APP_TOKEN")
    # The Census Bureau's API. Without it the estimates of people are skipped.
    census_api_key: SecretStr | None = Field(default=None, validation_alias="CENSUS_API_KEY")

    # Object storage. The library that asks it reads these, as all of AWS's variables (AWS_ACCESS_KEY_ID, AWS_REGION,
    # AWS_ENDPOINT_URL); here they are known so that they are written nowhere.
    aws_secret_access_key: SecretStr | None = Field(default=None, validation_alias="AWS_SECRET_ACCESS_KEY")
    # Where the keys are temporary.
    aws_session_token: SecretStr | None = Field(default=None, validation_alias="AWS_SESSION_TOKEN")

    # LEGISTAR_TOKEN_NYC and so on: a client's council gives it to whoever asks.
    legistar_tokens: dict[str, SecretStr] = Field(default_factory=_legistar_tokens)

    @cached_property
    def root(self) -> Path:
        """The folder under which everything captured, built and released is kept."""
        return self.home.expanduser().absolute()

    @property
    def landing_dir(self) -> Path:
        """The landing folder; with object storage its working copy, in the home."""
        return self.landing.expanduser().absolute() if isinstance(self.landing, Path) else self.root / "landing"

    @property
    def landing_url(self) -> str | None:
        """``s3://BUCKET/PREFIX``, without a slash at its end; None if captures are kept in a folder."""
        return self.landing if isinstance(self.landing, str) else None

    @property
    def landing_place(self) -> str:
        """The landing folder or its URL, as `landing` takes it."""
        return self.landing_url or str(self.landing_dir)

    @property
    def downloads_dir(self) -> Path:
        """Where a download lies until its capture takes it: on the landing folder's own disk."""
        return self.landing_dir / ".downloads"

    @property
    def build_dir(self) -> Path:
        return self.root / "build"

    @property
    def build_file(self) -> Path:
        return self.build_dir / "warehouse.duckdb"

    @property
    def spark_dir(self) -> Path:
        """What Spark reads and writes in a build (orchestration/engine/on_spark.py)."""
        return self.build_dir / "spark"

    @property
    def dbt_target_dir(self) -> Path:
        return self.build_dir / "dbt"

    @property
    def releases_dir(self) -> Path:
        return self.root / "releases"

    @property
    def published_dir(self) -> Path:
        """The symlink that readers follow; it points at ``releases/<id>``."""
        return self.root / "published"

    @property
    def published_file(self) -> Path:
        return self.published_dir / "warehouse.duckdb"

    @property
    def dagster_home(self) -> Path:
        return self.root / "dagster"

    def base_urls(self) -> dict[str, str]:
        """Every publisher's base URL by its name."""
        fields = {
            name: getattr(self, name)
            for name in type(self).model_fields
            if name.endswith("_url") and name != "notify_url"
        }
        return {**_declared_urls, **self.urls, **fields}

    def base_url(self, name: str) -> str:
        """A publisher's base URL. Raises KeyError if no setting and no source has that name."""
        return self.base_urls()[name]

    def secrets(self) -> list[str]:
        """The values that must never be written anywhere."""
        found = []
        for name in type(self).model_fields:
            value = getattr(self, name)
            for one in value.values() if isinstance(value, dict) else (value,):
                if isinstance(one, SecretStr) and one.get_secret_value():
                    found.append(one.get_secret_value())
        for urls in (self.notify_urls, self.notify_url):
            found += _tokens(urls.get_secret_value()) if urls else []
        return found

    def legistar_token(self, client: str) -> SecretStr | None:
        """The token of a Legistar client (cook-county: LEGISTAR_TOKEN_COOK_COUNTY); None if there is none."""
        return self.legistar_tokens.get(legistar_token_name(client).removeprefix(LEGISTAR_TOKEN_PREFIX))

    def allowed_hosts(self) -> frozenset[str]:
        """The ``host[:port]`` of every base URL: no request goes anywhere else."""
        # it reads the declaration of every city's sets, which only a request needs
        from orchestration.declared import cities

        hosts = {urlsplit(url).netloc.lower() for url in self.base_urls().values()}
        for host in [host for host in hosts if "{domain}" in host]:
            hosts.remove(host)
            # the cities' declared portals, and no other host
            hosts.update(host.replace("{domain}", domain) for domain in cities.DOMAINS)
        return frozenset(hosts)


def legistar_token_name(client: str) -> str:
    """The environment variable with a Legistar client's token."""
    return LEGISTAR_TOKEN_PREFIX + client.upper().replace("-", "_")


def default_url(name: str) -> str:
    """A publisher's base URL if the environment names no other. Raises KeyError as Settings.base_url does."""
    return _declared_urls[name] if name in _declared_urls else str(Settings.model_fields[name].default)


def _tokens(urls: str) -> list[str]:
    """The parts of services' addresses that are as good as keys: each address, its letters and digits in one piece.

    A word of the address that any text may hold ("services") is none.
    """
    words = [part for url in urls.split() for part in re.split(r"[/:@?&=#,]+", url)]
    tokens = [word for word in words if len(word) >= 20 or (len(word) >= 8 and re.search(r"[0-9]", word))]
    # a host, by its name or number
    return urls.split() + [word for word in tokens if not re.fullmatch(r"[0-9.]+|[a-z0-9.-]+\.[a-z]{2,}", word)]
