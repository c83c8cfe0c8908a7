"""Dagster's pages behind the reverse proxy of docs/sharing.md: real nginx, real web server, TLS, a password.

What belongs here: what the shipped deploy/nginx.conf lets through. What does not: what the pages show.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from websockets.sync.client import connect

from orchestration.settings import PROJECT_ROOT
from tests.conftest import copy_home

NGINX, OPENSSL = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"), shutil.which("openssl")
pytestmark = [
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed (apt install nginx-light)"),
    pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed"),
    pytest.mark.filterwarnings("ignore:Unverified HTTPS request"),
]
PERSON, PASSWORD = "ana", "synthetic password"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def configured(folder: Path, home: Path, http: int, https: int, pages: int) -> Path:
    """The shipped file with its names and paths replaced, each as often as docs/sharing.md says, under a main file."""
    text = (PROJECT_ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for old, new, times in (
        ("server 127.0.0.1:3000;", f"server 127.0.0.1:{pages};", 1),
        ("listen 80;", f"listen 127.0.0.1:{http};", 1),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{https} ssl http2;", 1),
        ("https://clawback.example.org", f"https://127.0.0.1:{https}", 3),
        ("server_name clawback.example.org;", "server_name 127.0.0.1;", 2),
        ("/etc/ssl/clawback/fullchain.pem", str(folder / "certificate.pem"), 1),
        ("/etc/ssl/clawback/key.pem", str(folder / "key.pem"), 1),
        ("/etc/nginx/clawback.htpasswd", str(folder / "htpasswd"), 1),
        ("/srv/clawback/data", str(home), 1),
    ):
        assert text.count(old) == times, old
        text = text.replace(old, new)
    assert "example.org" not in text.replace("# ", "")
    (folder / "clawback.conf").write_text(text, encoding="utf-8")
    temporary = "".join(
        f"{kind}_temp_path {folder / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = folder / "nginx.conf"
    # its workers must read what lies in the test's folder
    user = "user root;\n" if os.geteuid() == 0 else ""
    main.write_text(
        f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\ntypes {{ application/json json; }}\n{temporary}"
        f"include {folder}/clawback.conf;\n}}\n",
        encoding="utf-8",
    )
    return main


@pytest.fixture(scope="module")
def site(published, tmp_path_factory) -> Iterator[tuple[str, str]]:
    """nginx and the web server over a published home: the address, and the one of plain HTTP."""
    original, _ = published
    folder = tmp_path_factory.mktemp("proxy")
    home = folder / "home"
    copy_home(original, home, "landing", "releases")
    http, https, pages = free_port(), free_port(), free_port()
    assert NGINX
    assert OPENSSL
    subprocess.run(
        [OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    hashed = subprocess.run(
        [OPENSSL, "passwd", "-apr1", "-stdin"], input=PASSWORD, text=True, check=True, capture_output=True
    ).stdout.strip()
    (folder / "htpasswd").write_text(f"{PERSON}:{hashed}\n", encoding="utf-8")
    main = configured(folder, home, http, https, pages)
    subprocess.run([NGINX, "-t", "-p", folder, "-c", main], check=True, capture_output=True)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("CLAWBACK_", "DAGSTER_"))}
    command = [Path(sys.executable).with_name("clawback"), "ui", "--read-only", "--path-prefix", "/dagster",
               "--port", str(pages)]  # fmt: skip
    log = (folder / "web.log").open("wb")
    processes = [
        subprocess.Popen([NGINX, "-p", folder, "-c", main], stdout=log, stderr=log, start_new_session=True),
        subprocess.Popen(
            command, env={**clean, "CLAWBACK_HOME": str(home)}, stdout=log, stderr=log, start_new_session=True
        ),
    ]
    address = f"https://127.0.0.1:{https}"
    try:
        for _ in range(600):
            if all(process.poll() is None for process in processes) and ask(address, "/dagster/server_info").ok:
                break
            assert all(process.poll() is None for process in processes), (folder / "web.log").read_text()
            time.sleep(0.2)
        else:
            pytest.fail(f"the pages did not come up: {(folder / 'web.log').read_text()[-2000:]}")
        yield address, f"http://127.0.0.1:{http}"
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGTERM)
        for process in processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        log.close()


def ask(address: str, path: str, *, password: str | None = PASSWORD, **more) -> requests.Response:
    auth = (PERSON, password) if password is not None else None
    method = "POST" if "json" in more else "GET"
    try:
        return requests.request(
            method, address + path, auth=auth, verify=False, timeout=30, allow_redirects=False, **more
        )
    except requests.ConnectionError:
        unreachable = requests.Response()
        unreachable.status_code = 599
        return unreachable


def graphql(address: str, query: str, **more) -> requests.Response:
    return ask(address, "/dagster/graphql", json={"query": query}, **more)


@pytest.mark.parametrize("path", ["/", "/dagster/", "/dagster/graphql", "/health.json", "/nothing", "/dagster/../x"])
def test_without_a_password_and_with_a_wrong_one_nothing_is_shown(site, path):
    address, _ = site
    for password in (None, "", "wrong"):
        answer = ask(address, path, password=password)
        assert answer.status_code == 401, (path, password)
        assert "Dagster" not in answer.text


def test_with_the_password_the_pages_and_the_health_are_shown(site):
    address, _ = site
    front = ask(address, "/")
    assert (front.status_code, front.headers["Location"]) == (302, f"{address}/dagster/")
    page = ask(address, "/dagster/")
    assert page.status_code == 200
    assert '"pathPrefix": "/dagster"' in page.text
    assert page.headers["X-Frame-Options"] == "DENY"
    script = re.search(r'src="(/dagster/[^"]+\.js)"', page.text)
    assert script is not None
    assert ask(address, script[1]).status_code == 200
    assert ask(address, "/health.json").json()["format"] == 1


def test_plain_http_is_sent_on_to_https(site):
    address, plain = site
    answer = requests.get(f"{plain}/dagster/?a=1", allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"{address}/dagster/?a=1")


def test_graphql_answers_questions_and_refuses_what_would_change_something(site):
    address, _ = site
    found = graphql(address, "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }").json()
    assert found["data"]["repositoriesOrError"]["nodes"], found
    launch = """mutation { launchRun(executionParams: {selector: {repositoryName: "__repository__",
        repositoryLocationName: "orchestration.definitions", jobName: "captures"},
        runConfigData: "{}", mode: "default"})
        { __typename ... on UnauthorizedError { message } ... on PythonError { message } } }"""
    refused = graphql(address, launch).json()
    assert refused["data"]["launchRun"]["__typename"] == "UnauthorizedError", refused
    wipe = 'mutation { deletePipelineRun(runId: "synthetic") { __typename } }'
    assert graphql(address, wipe).json()["data"]["deletePipelineRun"]["__typename"] == "UnauthorizedError"


def test_a_page_of_another_site_is_refused_though_the_browser_sends_the_password(site):
    address, _ = site
    for origin, status in (("https://evil.example", 403), ("null", 403), (address, 200)):
        assert graphql(address, "{ version }", headers={"Origin": origin}).status_code == status, origin


def test_the_websocket_of_graphql_works_with_the_password_only(site):
    address, _ = site
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    url = address.replace("https", "wss") + "/dagster/graphql"
    basic = base64.b64encode(f"{PERSON}:{PASSWORD}".encode()).decode()
    with connect(
        url, ssl=unchecked, subprotocols=["graphql-ws"], additional_headers={"Authorization": f"Basic {basic}"}
    ) as opened:
        opened.send(json.dumps({"type": "connection_init", "payload": {}}))
        assert json.loads(opened.recv(timeout=30))["type"] == "connection_ack"
    with pytest.raises(Exception, match="401"):
        connect(url, ssl=unchecked, subprotocols=["graphql-ws"])
