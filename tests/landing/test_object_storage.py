"""A landing folder on object storage: captures appear whole, are never overwritten, and every host has the same.

What belongs here: hosts (homes) with one bucket, over HTTP on loopback (moto's server). What does not: the store
itself, a whole refresh (its steps call what is called here).
"""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
import time_machine
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug.serving import make_server

from orchestration import sources
from orchestration.assets import capture as assets
from orchestration.assets.options import RefreshOptions
from orchestration.doctor.examination import examine
from orchestration.fetching.session import HostLimits, Patience, Web
from orchestration.landing import object_storage, raw_views, second_process
from orchestration.landing.bucket import CannotKeep
from orchestration.landing.bucket_memory import MEMORY_FILE
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.landing.imports import import_files
from orchestration.running.status import status
from orchestration.settings import PROJECT_ROOT, Settings
from tests.conftest import clawback
from tests.sources.servers import Ncvs, empty_503

server = pytest.importorskip("moto.server", reason="needs the extras s3 and bucket: make test installs them")
werkzeug_app = pytest.importorskip("moto.moto_server.werkzeug_app")
boto3 = pytest.importorskip("boto3")
fsspec = pytest.importorskip("fsspec")
pytest.importorskip("s3fs", reason="needs the extras s3 and bucket: make test installs them")

SMALL = ("ice/secure_communities", "dhs/sanctuary_list", "doj/compliance_letters")
NCVS, LIST = sources.get("bjs/victimizations"), sources.get("ice/secure_communities")
SECRET, TOKEN = "synthetic/SecretOfTheBucket+4711", "synthetic-session-token-of-the-bucket-0815"
ROWS = [{"year": year, "hispanic": "1", "newoff": "1", "direl": "1", "notify": "1", "newwgt": "2.5"}
        for year in ("2019", "2020", "2021")]  # fmt: skip
FIRST = datetime(2026, 3, 1, 6, tzinfo=UTC)


class Bucket:
    """A bucket on loopback, and the requests that came."""

    def __init__(self, address: str) -> None:
        self.name, self.requests, self.on_put = f"landing-{uuid.uuid4().hex[:12]}", [], None
        self.url = f"s3://{self.name}/clawback"
        self.client = boto3.client("s3", endpoint_url=address)
        self.client.create_bucket(Bucket=self.name)

    def came(self, record: logging.LogRecord) -> bool:
        """Keep the line that the server writes of each request, once it has done what was asked."""
        if asked := re.search(rf'"(\w+) /{self.name}/(?:clawback/)?([^? ]*).*?" (\d+)', record.getMessage()):
            method, key, answer = asked.groups()
            self.requests.append((method, key, int(answer)))
            if self.on_put and method == "PUT" and key != "write-once":
                self.on_put(key)
        return True

    def puts(self) -> list[str]:
        return [key for method, key, _ in self.requests if method == "PUT" and key not in ("", "write-once")]

    def names(self) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        found = [each["Key"].removeprefix("clawback/") for page in pages for each in page.get("Contents", ())]
        return [key for key in found if key != "write-once"]

    def read(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.name, Key=f"clawback/{key}")["Body"].read()

    def write(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=f"clawback/{key}", Body=content)

    def remove(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=f"clawback/{key}")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name, value in {"AWS_ACCESS_KEY_ID": "synthetic", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN,
                        "AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": address}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    made, log = Bucket(address), logging.getLogger("werkzeug")
    monkeypatch.setattr(log, "level", logging.INFO)
    log.addFilter(made.came)
    yield made
    log.removeFilter(made.came)


@pytest.fixture
def host(bucket: Bucket, tmp_path: Path) -> Callable[[str], Settings]:
    """A host by its name: an empty home, and the bucket."""
    return lambda name: Settings(home=tmp_path / name / "home", landing=bucket.url, edition="recorded")


def capture(settings: Settings, *datasets: str) -> None:
    object_storage.begin(settings)
    for name in datasets:
        capture_dataset(sources.get(name), settings)


def catalog(settings: Settings) -> Catalog:
    return Catalog(settings.landing_dir, as_of=None, edition=settings.edition)


def known(settings: Settings) -> tuple[object, ...]:
    """What a build of this host would be made of: captures by digest, damage, fingerprint."""
    found, datasets = catalog(settings), list(sources.DATASETS.values())
    return found.digests(), found.damaged(), found.fingerprint(datasets), [found.status(each) for each in datasets]


def raw_rows(settings: Settings) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every raw view."""
    with duckdb.connect() as connection:
        raw_views.create(connection, catalog(settings), list(sources.DATASETS.values()))
        views = connection.execute("select table_name from information_schema.tables where table_schema = 'raw'")
        return {
            name: sorted(map(repr, connection.execute(f'select * from raw."{name}"').fetchall()))
            for (name,) in views.fetchall()
        }


def ends(keys: list[str]) -> list[str]:
    return [key for key in keys if key.endswith("/capture.json")]


def test_a_capture_is_put_file_by_file_and_its_capture_json_last(bucket, host):
    capture(host("a"), *SMALL)
    puts = bucket.puts()
    # as many captures as the recorded edition has: 1, 1 and 4
    assert len(ends(puts)) == 6
    assert len(puts) == len(set(puts)), "nothing is put twice"
    for end in ends(puts):
        folder = end.removesuffix("capture.json")
        of_it = [key for key in puts if key.startswith(folder)]
        assert of_it[-1] == end
        entries = {entry["path"]: entry["sha256"] for entry in json.loads(bucket.read(end))["files"]}
        digest = hashlib.sha256(bucket.read(end)).hexdigest()
        assert {key.removeprefix(folder) for key in of_it[:-1]} == {f"{digest[:16]}/{path}" for path in entries}
        for path, sha256 in entries.items():
            assert hashlib.sha256(bucket.read(f"{folder}{digest[:16]}/{path}")).hexdigest() == sha256
    assert {method for method, _, _ in bucket.requests} <= {"PUT", "GET", "HEAD"}, "nothing is deleted"


def test_a_fresh_host_has_the_same_captures_and_the_same_raw_views(bucket, host):
    first, second = host("a"), host("b")
    capture(first, *SMALL)
    # the same again: a line that it is unchanged, and a second attempt
    capture(first, SMALL[0])
    object_storage.begin(second)
    assert known(second) == known(first)
    assert len(known(second)[0]) == 6
    rows = raw_rows(second)
    assert rows == raw_rows(first)
    assert len(rows["ice__secure_communities"]) == 3242
    before = bucket.names()
    capture(second, *SMALL)
    assert ends(bucket.names()) == ends(before), "what the bucket has is not landed again"


def test_a_night_with_nothing_new_puts_its_lines_alone(bucket, host):
    first = host("a")
    capture(first, *SMALL)
    before = bucket.names()
    object_storage.begin(first)
    assert bucket.names() == before
    capture(first, LIST.id)
    assert [key.split("/")[2] for key in set(bucket.names()) - set(before)] == ["ledger"]


def test_failures_are_known_to_every_host(bucket, host, httpserver: HTTPServer, tmp_path):
    publisher = Ncvs(httpserver, ROWS)
    hosts = [
        Settings(home=tmp_path / name / "home", landing=bucket.url, edition="live", bjs_ncvs_url=publisher.url,
                 contact="synthetic@example.org")
        for name in ("a", "b")
    ]  # fmt: skip

    def night(live: Settings, days: int, *years: str) -> None:
        patience = Patience(deadline=5, attempts=3, first_wait=0.01, longest_wait=0.02, timeout=5)
        object_storage.begin(live)
        with time_machine.travel(FIRST + timedelta(days=days)):
            web = Web(live, patience=patience, limits=HostLimits(clock=itertools.count(step=3600).__next__))
            capture_dataset(NCVS, live, slice_keys=years, web=web)

    night(hosts[0], 0, "2019", "2020")
    publisher.faults.extend(empty_503() for _ in range(3))
    night(hosts[0], 1, "2019")
    object_storage.begin(hosts[1])
    assert known(hosts[1]) == known(hosts[0])
    told = catalog(hosts[1]).status(NCVS)
    assert (told.failed, f"{told.failed_since:%Y-%m-%d}") == (1, "2026-03-02")
    # the other host's turn: each goes on where the other was, and their lines come together in one order
    night(hosts[1], 2, "2019")
    night(hosts[1], 3, "2021")
    object_storage.begin(hosts[0])
    assert known(hosts[0]) == known(hosts[1])
    assert (catalog(hosts[0]).status(NCVS).failed, len(catalog(hosts[0]).captures(NCVS.id))) == (0, 3)


def test_hosts_that_land_at_the_same_time_take_each_others_captures(bucket, host):
    first, second = host("a"), host("b")
    for each, dataset in ((first, SMALL[0]), (second, SMALL[1])):
        object_storage.begin(each)
        capture_dataset(sources.get(dataset), each)
    object_storage.begin(first)
    object_storage.begin(second)
    assert known(first) == known(second)
    assert len(known(first)[0]) == 2


def test_of_one_capture_landed_by_two_hosts_at_once_the_first_stands(bucket, host):
    first, second = host("a"), host("b")
    # neither knows of the other: both begin before either has landed
    object_storage.begin(first)
    object_storage.begin(second)
    capture_dataset(LIST, first)
    (end,) = ends(bucket.names())
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1)), pytest.raises(CannotKeep) as refused:
        capture_dataset(LIST, second)
    assert end in str(refused.value)
    assert "not overwritten" in str(refused.value)
    assert bucket.read(end) == (first.landing_dir / end).read_bytes()
    assert known(second)[0] != known(first)[0]
    object_storage.begin(second)
    object_storage.begin(first)
    assert known(second) == known(first)
    aside = list((second.landing_dir / LIST.id).glob(".damaged-*"))
    assert len(aside) == 1, "what landed there is kept"


_VICTIM = """
import sys
from orchestration import sources
from orchestration.landing import object_storage
from orchestration.landing.dataset_run import capture_dataset
from orchestration.settings import Settings
settings = Settings(edition="recorded")
object_storage.begin(settings)
capture_dataset(sources.get(sys.argv[1]), settings)
"""


# put are the WARC and the Parquet, in either order, then the line of the register, then capture.json
@pytest.mark.parametrize("at", [1, 3])
def test_a_killed_run_leaves_nothing_to_be_seen_and_the_next_one_completes_it(bucket, host, at):
    first, second = host("a"), host("b")
    environment = {**os.environ, "CLAWBACK_HOME": str(first.home), "CLAWBACK_LANDING": bucket.url}
    count = itertools.count(1)

    def kill(key: str) -> None:
        if next(count) == at:
            os.killpg(victim.pid, signal.SIGKILL)

    bucket.on_put = kill
    victim = subprocess.Popen(
        [sys.executable, "-c", _VICTIM, LIST.id], env=environment, cwd=PROJECT_ROOT, start_new_session=True
    )
    assert victim.wait(timeout=120) == -signal.SIGKILL
    bucket.on_put = None
    assert bucket.puts()
    assert ends(bucket.names()) == []
    object_storage.begin(second)
    assert catalog(second).captures() == []
    assert catalog(second).damaged() == []
    if any("ledger" not in key for key in bucket.names()):
        seen = [one for one in examine(second) if one.what == "object storage"]
        assert ["not read" in one.says for one in seen] == [False, True]
    object_storage.begin(first)
    object_storage.begin(second)
    assert len(ends(bucket.names())) == 1
    assert known(second)[0] == known(first)[0] != {}
    capture(second, LIST.id)
    object_storage.begin(first)
    assert known(second) == known(first)


def test_what_a_lost_host_left_half_done_does_not_stop_another(bucket, host):
    lost = host("lost")
    capture(lost, LIST.id)
    for end in ends(bucket.names()):
        bucket.remove(end)
    left = bucket.names()
    # the same capture again, at another moment: its WARC is another one, under the same name
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1)):
        capture(host("b"), LIST.id)
    third = host("c")
    object_storage.begin(third)
    assert known(third) == known(host("b"))
    assert len(catalog(third).captures()) == 1
    assert set(left) <= set(bucket.names())


def _landed_elsewhere(settings: Settings) -> Path:
    """A capture in the working copy that the bucket does not have; its folder."""
    folder = Settings(home=settings.home, edition="recorded")
    capture_dataset(LIST, folder)
    (landed,) = catalog(folder).captures()
    return catalog(folder).folder(landed)


def test_an_object_that_is_there_and_differs_is_named_and_not_overwritten(bucket, host):
    first = host("a")
    folder = _landed_elsewhere(first)
    digest = hashlib.sha256((folder / "capture.json").read_bytes()).hexdigest()
    key = f"{LIST.id}/{folder.name}/{digest[:16]}/responses.warc.gz"
    bucket.write(key, b"synthetic")
    with pytest.raises(CannotKeep, match=re.escape(f"{bucket.url}/{key} differs")):
        object_storage.begin(first)
    assert bucket.read(key) == b"synthetic"
    assert ends(bucket.names()) == []
    bucket.remove(key)
    object_storage.begin(first)
    assert len(ends(bucket.names())) == 1


def test_a_capture_of_a_working_copy_is_put_when_a_bucket_is_named_first(bucket, host):
    first = host("a")
    _landed_elsewhere(first)
    assert status(first).unput == 1
    assert "1 captures are not there yet" in status(first).landing_line()
    object_storage.begin(first)
    assert status(first).unput == 0
    assert status(first).landing_line() == f"captures are kept in {bucket.url}"
    object_storage.begin(host("b"))
    assert known(host("b")) == known(first)


@pytest.mark.parametrize("name", ["capture.json", "records.parquet", "responses.warc.gz", ".jsonl"])
def test_an_object_that_changed_is_named_by_every_host_and_by_the_doctor(bucket, host, name):
    first = host("a")
    capture(first, LIST.id)
    (key, *_) = [key for key in bucket.names() if key.endswith(name)]
    bucket.write(key, bucket.read(key).replace(b"2", b"3", 1))
    for each in (first, host("fresh")):
        with pytest.raises(CannotKeep, match=re.escape(f"{bucket.url}/")) as refused:
            object_storage.begin(each)
        assert key.split("/")[2] in str(refused.value)
    assert [one.state for one in examine(first) if one.what == "object storage"] == ["bad"]
    assert catalog(host("fresh")).captures() == []


def test_what_is_gone_from_the_bucket_is_put_again(bucket, host):
    first = host("a")
    capture(first, *SMALL)
    before = {key: bucket.read(key) for key in bucket.names()}
    for key in before:
        if LIST.id in key:
            bucket.remove(key)
    bucket.remove(next(key for key in before if key.endswith("records.parquet") and SMALL[2] in key))
    object_storage.begin(first)
    object_storage.begin(host("b"))
    assert known(host("b")) == known(first)
    assert {key: bucket.read(key) for key in before if "ledger" not in key}.items() <= before.items()


def test_a_lost_memory_costs_a_comparison_and_no_capture(bucket, host):
    first = host("a")
    capture(first, *SMALL)
    before, told = bucket.names(), known(first)
    (first.landing_dir / MEMORY_FILE).unlink()
    object_storage._opened.cache_clear()
    object_storage.begin(first)
    assert known(first) == told
    assert {key for key in bucket.names() if "ledger" not in key} == {key for key in before if "ledger" not in key}


def test_a_working_copy_is_that_of_one_bucket(bucket, host):
    first = host("a")
    capture(first, LIST.id)
    other = Settings(home=first.home, landing=f"{bucket.url}-other")
    with pytest.raises(CannotKeep, match=f"working copy of {bucket.url}, and CLAWBACK_LANDING is {bucket.url}-other"):
        object_storage.begin(other)


def test_what_leads_out_of_the_landing_folder_is_not_looked_at(bucket, host):
    for key in (
        "../escaped/a/capture.json",
        "a/../../escaped/capture.json",
        "a/b/c/0123456789abcdef/../../x",
        "README",
    ):
        bucket.write(key, b"synthetic")
    settings = host("a")
    object_storage.begin(settings)
    assert [path for path in settings.home.parent.rglob("*") if path.is_file()] == []


def test_duckdb_reads_the_parquet_in_the_bucket_by_fsspec(bucket, host):
    first = host("a")
    capture(first, LIST.id)
    with duckdb.connect() as connection:
        connection.register_filesystem(fsspec.filesystem("s3", skip_instance_cache=True))
        there = connection.execute(f"from read_parquet('{bucket.url}/{LIST.id}/*/*/records.parquet') order by all")
        rows = there.fetchall()
        here = connection.execute(f"from read_parquet('{first.landing_dir}/{LIST.id}/*/records.parquet') order by all")
        assert rows == here.fetchall()
        assert len(rows) == 3242


def test_a_file_that_is_brought_is_judged_by_what_the_bucket_has_and_put_there(bucket, host, tmp_path):
    file = tmp_path / "ncvs.json"
    file.write_text(json.dumps([row for row in ROWS if row["year"] == "2019"]))
    import_files(NCVS, [file], host("a"), retrieved_at=FIRST)
    assert len(ends(bucket.names())) == 1
    (result,) = import_files(NCVS, [file], host("b"), retrieved_at=FIRST + timedelta(days=1))
    assert "unchanged" in result.line()
    assert len(ends(bucket.names())) == 1


def test_a_step_of_dagsters_daemon_begins_with_the_bucket_and_no_record_has_a_key(bucket, host, tmp_path, caplog):
    first, second = host("a"), host("b")
    capture(first, *SMALL)
    (asset,) = assets.capture_assets(LIST)
    home = tmp_path / "dagster"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as instance, caplog.at_level(logging.INFO):
        os.environ["CLAWBACK_HOME"] = str(second.home)
        try:
            options = RefreshOptions(edition="recorded", landing=bucket.url)
            result = dg.materialize([asset], instance=instance, resources={"options": options})
        finally:
            del os.environ["CLAWBACK_HOME"]
    assert result.success
    assert len(known(second)[0]) == 6, "the whole landing, not the step's dataset alone"
    files = [path for folder in (home, second.home, first.home) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 20
    for secret in (SECRET, TOKEN):
        assert secret not in caplog.text
        assert [path for path in files if secret.encode() in path.read_bytes()] == []
        assert not [key for key in bucket.names() if secret.encode() in bucket.read(key)]
        assert secret in second.secrets() + Settings().secrets()


def test_the_second_process_puts_what_it_lands(bucket, host):
    first = host("a")
    object_storage.begin(first)
    with second_process.capturing(first, "synthetic", [LIST]):
        assert second_process.taken(LIST) is not None
    assert len(ends(bucket.names())) == 1


def test_a_bucket_that_is_not_there_ends_the_command_with_one_line(bucket, tmp_path):
    file = tmp_path / "ncvs.json"
    file.write_text(json.dumps(ROWS))
    url = f"s3://{bucket.name}-not/there"
    home = tmp_path / "home"
    done = clawback(home, "import", NCVS.id, str(file), "--retrieved", "2026-03-01", CLAWBACK_LANDING=url)
    assert done.returncode == 1, done.stdout + done.stderr
    told = " ".join((done.stdout + done.stderr).split())
    assert f"cannot list {url}: The specified bucket does not exist" in told
    assert "Traceback" not in told


def test_a_store_that_overwrites_whatever_the_condition_says_is_refused(bucket, host, monkeypatch):
    def forgetful(environ, start_response):
        environ.pop("HTTP_IF_NONE_MATCH", None)
        return app(environ, start_response)

    app = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
    running = make_server("127.0.0.1", 0, forgetful, threaded=True)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    try:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{running.port}")
        with pytest.raises(CannotKeep, match="ignores If-None-Match"):
            object_storage.begin(host("a"))
    finally:
        running.shutdown()
        thread.join()
    assert bucket.names() == []


def test_a_put_that_fails_ends_the_run_and_the_next_one_puts_it(bucket, host):
    first = host("a")
    object_storage.begin(first)
    bucket.remove("write-once")
    bucket.client.delete_bucket(Bucket=bucket.name)
    with pytest.raises(CannotKeep, match=re.escape(f"cannot put {bucket.url}/{LIST.id}/")):
        capture_dataset(LIST, first)
    assert len(catalog(first).captures()) == status(first).unput == 1
    bucket.client.create_bucket(Bucket=bucket.name)
    object_storage.begin(first)
    object_storage.begin(host("b"))
    assert known(host("b")) == known(first)
    assert status(first).unput == 0


def test_without_the_extra_the_error_names_it(host, bucket, monkeypatch):
    object_storage._opened.cache_clear()
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(CannotKeep, match=re.escape("needs the extra `s3`: pip install 'clawback[s3]'")):
        object_storage.begin(host("a"))
    object_storage._opened.cache_clear()


@pytest.mark.parametrize("place", ["/srv/landing", "landing", Path("/srv/landing")])
def test_a_folder_stays_a_path(place, tmp_path):
    made = Settings(home=tmp_path, landing=place)
    assert (made.landing_dir, made.landing_url) == (Path(place).absolute(), None)
    assert made.landing_place == str(made.landing_dir)


def test_a_bucket_leaves_the_working_copy_in_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAWBACK_LANDING", "s3://some-bucket/a/b/")
    made = Settings(home=tmp_path)
    assert (made.landing_dir, made.landing_url) == (tmp_path / "landing", "s3://some-bucket/a/b")
    assert Settings(home=tmp_path, landing=made.landing_place).landing_url == made.landing_url


@pytest.mark.parametrize(
    "url",
    ["gs://bucket/a", "s3://key@bucket/a", "s3://", "s3://Bucket/a", "s3://bucket/../a", "s3://bucket/a?b=c",
     "s3://bucket/a b", "file:///srv/landing"],
)  # fmt: skip
def test_another_address_is_no_landing_folder(url, tmp_path):
    with pytest.raises(ValidationError, match="s3://BUCKET/PREFIX"):
        Settings(home=tmp_path, landing=url)


def test_a_key_in_the_address_by_mistake_is_in_no_message(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAWBACK_LANDING", f"s3://synthetic:{TOKEN}@bucket/a")
    with pytest.raises(ValidationError) as refused:
        Settings(home=tmp_path)
    assert TOKEN not in str(refused.value)
    said = clawback(tmp_path, "status", CLAWBACK_LANDING=f"s3://synthetic:{TOKEN}@bucket/a")
    assert said.returncode == 2
    assert "CLAWBACK_LANDING: Value error, a folder, or s3://BUCKET/PREFIX" in said.stderr
    assert TOKEN not in said.stdout + said.stderr
