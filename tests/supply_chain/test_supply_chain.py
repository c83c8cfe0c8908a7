"""The release steps that a program does: bill of materials, licences, known vulnerabilities, secrets, pinned tools.

What belongs here: that each step says what is so, and fails on what it must fail on. What does not: the product.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from werkzeug import Request, Response

from orchestration.settings import PROJECT_ROOT

sys.path.append(str(PROJECT_ROOT / "tools"))

import supply_chain

TOOL = [sys.executable, str(PROJECT_ROOT / "tools" / "supply_chain.py")]
POLICY = tomllib.loads(supply_chain.POLICY.read_text(encoding="utf-8"))


def test_the_page_says_which_extras_the_bill_lists():
    page = (PROJECT_ROOT / "docs" / "releasing.md").read_text(encoding="utf-8")
    (said,) = re.findall(r"the product and the extras ([^.]*?) need, with its license", page)
    assert set(re.findall(r"`(\w+)`", said)) == set(supply_chain.SET_UP)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[subprocess.CompletedProcess[str], Path]:
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run([*TOOL, "sbom", str(folder)], capture_output=True, text=True, timeout=300, check=False)
    return done, folder


@pytest.fixture(scope="module")
def bill(made) -> dict:
    (file,) = made[1].glob("*.cdx.json")
    return json.loads(file.read_text(encoding="utf-8"))


def test_the_bill_is_valid_and_holds_every_locked_package_with_its_digests_and_an_allowed_licence(made, bill):
    done, folder = made
    assert done.returncode == 0, done.stderr
    # the tool validates what it writes
    assert "valid CycloneDX 1.6" in done.stdout
    needed = supply_chain.needed(*supply_chain.SET_UP) - set(supply_chain.INSTALLERS)
    pinned = {name: value for name, value in supply_chain.locked().items() if name in needed}
    assert needed - pinned.keys() == set(), "the lock holds whatever is needed"
    told = {
        supply_chain.canonicalize_name(one["name"]): (
            one["version"],
            [each["value"] for each in one["properties"] if each["name"] == "clawback:locked:sha256"],
        )
        for one in bill["components"]
    }
    assert told == pinned
    scopes = {supply_chain.canonicalize_name(one["name"]): one["scope"] for one in bill["components"]}
    assert (scopes["duckdb"], scopes["psutil"], scopes["pytest"], scopes["pip-audit"]) == (
        "required", "required", "excluded", "excluded",
    )  # fmt: skip
    table = (folder / "licences.md").read_text(encoding="utf-8")
    assert "| duckdb |" in table
    assert "not told" not in table


def test_what_is_no_bill_of_materials_is_refused():
    assert supply_chain.faults_of_form('{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": 3}')


@pytest.mark.parametrize(
    ("licence", "is_refused"),
    [
        ({"license": {"id": "MIT"}}, False),
        ({"license": {"name": "License :: OSI Approved :: BSD License"}}, False),
        ({"expression": "GPL-3.0-only OR Apache-2.0"}, False),
        ({"expression": "MIT AND (Apache-2.0 OR BSD-2-Clause)"}, False),
        ({"expression": "MIT AND GPL-3.0-only"}, True),
        ({"license": {"id": "AGPL-3.0-only"}}, True),
        ({"license": {"name": "Synthetic Proprietary"}}, True),
        (None, True),
    ],
)
def test_a_licence_that_is_not_allowed_is_named(licence, is_refused):
    one = {"name": "synthetic", "version": "1", "scope": "required", "licenses": [licence] if licence else []}
    rows, refused = supply_chain.licences([one], POLICY)
    assert len(rows) == 1
    assert bool(refused) is is_refused, refused
    assert all(text.startswith("synthetic 1: ") for text in refused)


def test_a_decision_about_a_package_that_is_gone_is_no_decision(bill):
    here = {supply_chain.canonicalize_name(one["name"]) for one in bill["components"]}
    assert set(POLICY["decided"]) <= here


@pytest.fixture
def one_package(tmp_path) -> Path:
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"requests==2.0.0 \\\n    --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    return lock


class TestAudit:
    """pip-audit itself, against a service on loopback that speaks OSV's language."""

    def test_a_known_vulnerability_fails_and_is_named(self, httpserver, one_package, capsys):
        def answer(request: Request) -> Response:
            assert request.get_json(force=True)["package"]["name"] == "requests"
            told = {"id": "SYNTHETIC-2026-1", "summary": "synthetic", "affected": [{
                "package": {"name": "requests", "ecosystem": "PyPI"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0.1"}]}]}]}  # fmt: skip
            return Response(json.dumps({"vulns": [told]}), content_type="application/json")

        httpserver.expect_request("/v1/query").respond_with_handler(answer)
        url = httpserver.url_for("/v1/query")
        code = supply_chain.audit("--vulnerability-service", "osv", "--osv-url", url, lock=one_package)
        said = capsys.readouterr()
        assert code == 1
        assert "requests 2.0.0: SYNTHETIC-2026-1; fixed in 2.0.1" in said.err

    def test_no_known_vulnerability_is_well(self, httpserver, one_package, capsys):
        httpserver.expect_request("/v1/query").respond_with_json({})
        url = httpserver.url_for("/v1/query")
        assert supply_chain.audit("--vulnerability-service", "osv", "--osv-url", url, lock=one_package) == 0
        assert "1 packages audited, 0 known vulnerabilities" in capsys.readouterr().out

    def test_without_a_network_it_says_that_nothing_was_audited(self, one_package):
        with pytest.raises(supply_chain.CannotTell, match="NOT audited"):
            supply_chain.audit(
                "--vulnerability-service", "osv", "--osv-url", "http://127.0.0.1:9/v1/query", lock=one_package
            )


class TestSecrets:
    def scan(self, folder: Path, text: str) -> int:
        file = folder / "settings.py"
        file.write_text(text, encoding="utf-8")
        hook = str(Path(sys.executable).with_name("detect-secrets-hook"))
        baseline = str(PROJECT_ROOT / ".secrets.baseline")
        return subprocess.run([hook, "--baseline", baseline, str(file)], capture_output=True, check=False).returncode

    def test_a_key_a_token_and_a_password_in_an_address_are_found(self, tmp_path):
        # put together here, so that this file holds none
        for text in (
            "aws = '" + "AKIA" + "Q" * 16 + "'\n",
            "-----BEGIN " + "RSA PRIVATE KEY-----\n",
            "data_gov_api_key = '" + "q8Zk" * 10 + "'\n",
            "url = 'https://ana:" + "hunter22" + "@clawback.gov/'\n",
        ):
            assert self.scan(tmp_path, text) == 1, text
        assert self.scan(tmp_path, "contact = ''\n") == 0

    def test_the_baseline_excuses_nothing(self):
        baseline = json.loads((PROJECT_ROOT / ".secrets.baseline").read_text(encoding="utf-8"))
        assert baseline["results"] == {}


def test_every_tool_that_make_and_the_hooks_run_is_pinned_with_hashes():
    """Nothing is installed but from a lock file: no bare `pip install NAME`, no hook from elsewhere."""
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    installs = re.findall(r"pip install (.*)", makefile)
    assert installs
    for line in installs:
        is_locked = re.search(r"--require-hashes -(c requirements|r requirements|r \$\(VENV\)/uv)\.lock", line)
        assert is_locked or ("--no-index" in line and "-e ." in line), line
    hooks = (PROJECT_ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"repo: (\S+)", hooks)) == {"local"}
    pinned = supply_chain.locked()
    for tool in ("ruff", "mypy", "sqlfluff", "pytest", "uv", "detect-secrets", "cyclonedx-bom", "pip-audit",
                 "pre-commit", "setuptools"):  # fmt: skip
        assert pinned[tool][1], tool


def test_there_is_one_lock_of_every_extra_with_hashes_and_no_address():
    (lock,) = PROJECT_ROOT.glob("*.lock")
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    pinned = supply_chain.locked()
    assert all(digests for _, digests in pinned.values())
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra, wanted in {"": project["dependencies"], **project["optional-dependencies"]}.items():
        names = {supply_chain.canonicalize_name(re.split(r"[\[<>=~! ]", one, maxsplit=1)[0]) for one in wanted}
        assert names <= pinned.keys(), f"make lock after a change of {extra or 'the dependencies'}"


def test_the_product_alone_needs_neither_its_tests_nor_the_notebook_nor_another_engine():
    alone = supply_chain.needed()
    assert alone.isdisjoint({"pytest", "ruff", "mypy", "marimo", "altair", "dlt", "pyspark", "dbt-spark", "uv"})
    assert {"duckdb", "dagster", "dbt-core", "dbt-duckdb"} <= alone


def test_an_older_pip_gets_uv_by_its_own_lines_of_the_lock(tmp_path):
    """A venv's first pip takes no hashes from constraints: `make setup` cuts uv's lines out of the lock."""
    (cutting,) = re.findall(r"sed -n '([^']+)' requirements\.lock", (PROJECT_ROOT / "Makefile").read_text("utf-8"))
    command = ["sed", "-n", cutting.replace("$$", "$"), str(PROJECT_ROOT / "requirements.lock")]
    cut = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    first, *rest = cut.splitlines()
    assert re.fullmatch(r"uv==[\d.]+ \\", first)
    assert len(rest) > 5
    assert all(line.strip().startswith("--hash=sha256:") for line in rest)
    assert cut.count("==") == 1
