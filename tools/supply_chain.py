"""What a release of the software contains: its bill of materials, its licenses, and known vulnerabilities.

    python tools/supply_chain.py sbom [FOLDER]    clawback-VERSION.cdx.json (CycloneDX 1.6) and licences.md
    python tools/supply_chain.py audit            known vulnerabilities in the versions pinned by requirements.lock

What belongs here: the steps of docs/releasing.md that a program can do. What does not: anything of the product.
Exit codes: 0 all is well, 1 a license that is not allowed or a known vulnerability, 2 it could not be determined.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from boolean.boolean import AND, OR
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import ExpressionError, get_spdx_licensing
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
POLICY = Path(__file__).with_name("licences.toml")
INSTALLERS = ("pip", "setuptools", "wheel")
# What `make dev-setup` installs of the lock beside the product; the lock contains every extra.
SET_UP = ("dev", "notebook", "server", "build", "s3", "bucket")
Component = dict[str, Any]


class CannotTell(Exception):
    """This cannot be determined here: says why and what to do."""


def locked(lock: Path = LOCK) -> dict[str, tuple[str, list[str]]]:
    """Version and sha256 digests of each package of a lock file that this platform needs, by normal name."""
    found: dict[str, tuple[str, list[str]]] = {}
    for entry in re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8")):
        marker = re.match(r"[^\\\n]*? ; ([^\\\n]+)", entry)
        if marker and not Marker(marker[1]).evaluate():
            continue
        if pinned := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", entry):
            found[canonicalize_name(pinned[1])] = (pinned[2], re.findall(r"--hash=sha256:([0-9a-f]{64})", entry))
    return found


def needed(*extras_of_ours: str) -> set[str]:
    """The packages that the installed product needs to run, by normal name, and those of some extras of it."""
    seen: set[tuple[str, frozenset[str]]] = set()
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = declared["project"]
    # whoever asks for one of these gets what we say of it
    overrides = {one.name: one for one in map(Requirement, declared["tool"]["uv"]["override-dependencies"])}
    ours = [*project["dependencies"]]
    for extra in extras_of_ours:
        ours += project["optional-dependencies"][extra]
    todo = [("", frozenset[str]())]
    while todo:
        one, extras = todo.pop()
        # What is installed of the product itself may be of an earlier pyproject.toml.
        for text in _requires(one) if one else ours:
            wanted = Requirement(text)
            if wanted.marker and not any(wanted.marker.evaluate({"extra": extra}) for extra in extras or {""}):
                continue
            override = overrides.get(canonicalize_name(wanted.name), wanted)
            if override is not wanted and override.marker and not override.marker.evaluate():
                continue
            key = (canonicalize_name(wanted.name), frozenset(wanted.extras))
            if key not in seen:
                seen.add(key)
                todo.append(key)
    return {one for one, _ in seen}


def _requires(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        # bill() says that it is missing
        return []


def bill(lock: Path = LOCK) -> dict[str, Any]:
    """The bill of materials of this environment: the locked packages, with their digests and licenses.

    Raises CannotTell where the environment is not the lock's.
    """
    made = subprocess.run(
        [str(Path(sys.executable).with_name("cyclonedx-py")), "environment", sys.executable, "--pyproject",
         str(ROOT / "pyproject.toml"), "--output-format", "JSON", "--spec-version", "1.6", "--output-reproducible"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise CannotTell(f"cyclonedx-py failed: {made.stderr.strip()[-500:]}")
    told: dict[str, Any] = json.loads(made.stdout)
    # The installer itself is no part of what is released.
    to_run, here_for = needed(), needed(*SET_UP)
    pinned = {name: value for name, value in locked(lock).items() if name in here_for and name not in INSTALLERS}
    here: dict[str, Component] = {canonicalize_name(one["name"]): one for one in told["components"]}
    differ = sorted(
        f"{name} {here[name]['version'] if name in here else 'missing'} (locked: {version})"
        for name, (version, _) in pinned.items()
        if name not in here or here[name]["version"] != version
    )
    if differ:
        raise CannotTell(f"the environment is not what {lock.name} says: {', '.join(differ[:5])}; run make dev-setup")
    kept = [one for name, one in here.items() if name in pinned]
    for one in kept:
        name = canonicalize_name(one["name"])
        # Of each of the package's files, whichever is installed: so they are no hashes of the component.
        digests = [{"name": "clawback:locked:sha256", "value": digest} for digest in pinned[name][1]]
        one["properties"] = [*one.get("properties", []), *digests]
        one["scope"] = "required" if name in to_run else "excluded"
    _keep(told, kept)
    return told


def _keep(told: dict[str, Any], kept: list[Component]) -> None:
    """Leave out what is not kept, where it is named as a dependency too."""
    root = told["metadata"]["component"]["bom-ref"]
    refs = {one["bom-ref"] for one in kept} | {root}
    told["components"] = sorted(kept, key=lambda one: str(one["bom-ref"]))
    told["dependencies"] = [
        {**one, **({"dependsOn": [ref for ref in one["dependsOn"] if ref in refs]} if "dependsOn" in one else {})}
        for one in told["dependencies"]
        if one["ref"] in refs
    ]


def faults_of_form(text: str) -> str | None:
    """Why a text is no CycloneDX 1.6; None where it is."""
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return None if fault is None else str(fault)[:500]


def licences(components: Iterable[Component], policy: Mapping[str, Any]) -> tuple[list[tuple[str, ...]], list[str]]:
    """One row for each package (name, version, needed by, license), and what is not allowed."""
    rows, refused = [], []
    for one in components:
        name = canonicalize_name(one["name"])
        said = [_words(each, policy["words"]) for each in one.get("licenses", [])]
        decided = policy["decided"].get(name)
        licence = str(decided["licence"]) if decided else " AND ".join(sorted(set(said)))
        wanted_by = "Clawback" if one.get("scope") == "required" else "its tests and tools"
        rows.append((str(one["name"]), str(one["version"]), wanted_by, licence or "not told"))
        if not decided and not _is_allowed(licence, set(policy["allowed"])):
            refused.append(f"{one['name']} {one['version']}: {licence or 'no license given'}")
    return sorted(rows, key=lambda row: row[0].lower()), refused


def _words(entry: Mapping[str, Any], words: Mapping[str, str]) -> str:
    if "expression" in entry:
        return f"({entry['expression']})"
    licence = entry["license"]
    said = str(licence.get("id") or licence.get("name") or "")
    return words.get(said, said)


@cache
def _spdx() -> Any:
    return get_spdx_licensing()


def _is_allowed(licence: str, allowed: set[str]) -> bool:
    """Whether an expression can be fulfilled by allowed licenses: all that are joined by AND, one of those by OR."""
    try:
        parsed = _spdx().parse(licence, validate=True)
    except ExpressionError:
        return False
    return parsed is not None and _holds(parsed, allowed)


def _holds(parsed: Any, allowed: set[str]) -> bool:
    if isinstance(parsed, (AND, OR)):
        held = [_holds(part, allowed) for part in parsed.args]
        return all(held) if isinstance(parsed, AND) else any(held)
    return str(parsed.key) in allowed


def sbom(folder: Path) -> int:
    """Write the bill of materials and the table of licenses; 1 if a license is not allowed."""
    told = bill()
    text = json.dumps(told, indent=2, sort_keys=True) + "\n"
    if fault := faults_of_form(text):
        raise CannotTell(f"the bill of materials is not valid CycloneDX 1.6: {fault}")
    rows, refused = licences(told["components"], tomllib.loads(POLICY.read_text(encoding="utf-8")))
    folder.mkdir(parents=True, exist_ok=True)
    version = metadata.version("clawback")
    file, table = folder / f"clawback-{version}.cdx.json", folder / "licences.md"
    file.write_text(text, encoding="utf-8")
    lines = ["| package | version | needed by | license |", "|---|---|---|---|"]
    table.write_text("\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n", encoding="utf-8")
    to_run = sum(row[2] == "Clawback" for row in rows)
    print(f"{file}: {len(rows)} packages, {to_run} of them needed to run; valid CycloneDX 1.6\n{table}")
    for one in refused:
        print(f"license not allowed (tools/licences.toml): {one}", file=sys.stderr)
    return 1 if refused else 0


def audit(*options: str, lock: Path = LOCK) -> int:
    """Ask a vulnerability service about every locked package; options go to pip-audit."""
    command = [str(Path(sys.executable).with_name("pip-audit")), "--requirement", str(lock), "--require-hashes",
               "--disable-pip", "--format", "json", "--progress-spinner", "off", *options]  # fmt: skip
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(made.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (made.stderr.strip().splitlines() or ["no answer"])[-1]
        raise CannotTell(
            f"NOT audited: the vulnerability service gave no answer ({last[:300]});"
            " run make audit where a network allows"
        ) from None
    bad = [(one, each) for one in packages for each in one.get("vulns", [])]
    for one, each in bad:
        fixed = f"; fixed in {', '.join(each['fix_versions'])}" if each.get("fix_versions") else ""
        print(f"{one['name']} {one['version']}: {each['id']}{fixed}", file=sys.stderr)
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    print(f"{len(packages)} packages audited, {len(bad)} known vulnerabilities"
          + (f"; not audited: {', '.join(skipped)}" if skipped else ""))  # fmt: skip
    return 1 if bad or skipped else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("sbom").add_argument("folder", nargs="?", type=Path, default=ROOT / "dist")
    commands.add_parser("audit")
    given, more = parser.parse_known_args()
    try:
        return sbom(given.folder) if given.command == "sbom" else audit(*more)
    except CannotTell as cannot:
        print(cannot, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
