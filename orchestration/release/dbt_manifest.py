"""dbt's manifest: parsed once for each state of the project's files, and compared with the manifest of a build.

What belongs here: the project's own manifest, and how another manifest differs from it. What does not: running dbt's
models (assets.warehouse).

    python -m orchestration.release.dbt_manifest     parse now (`make setup`), so that no later command has to
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from orchestration import files
from orchestration.progress import say
from orchestration.settings import DBT_PROJECT_DIR, Settings

# dbt runs in the folder that this variable names.
BUILD_DIR_VARIABLE = "CLAWBACK_BUILD_DIR"
# dbt's own name for it.
PARTIAL_PARSE = "partial_parse.msgpack"


def dbt_environment(settings: Settings) -> dict[str, str]:
    """The environment that dbt gets: where to build, where to spill, no telemetry.

    The build file and the spill folder are relative to the build folder, where dbt must run. dbt parses the whole
    project again if the path of the file has changed: a relative path is
    the same in every home.

    dbt's log has each node and each failure. At dbt's own level, debug, it also has each statement: 50 MB and a
    fifth of the build's time. DBT_LOG_LEVEL_FILE=debug brings them back.
    """
    return {
        BUILD_DIR_VARIABLE: str(settings.build_dir.absolute()),
        "CLAWBACK_BUILD_FILE": str(settings.build_file.relative_to(settings.build_dir)),
        "CLAWBACK_TEMP_DIR": "tmp",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_LOG_PATH": str(settings.build_dir / "logs"),
        "DBT_LOG_LEVEL_FILE": os.environ.get("DBT_LOG_LEVEL_FILE", "info"),
    }


def parsed(settings: Settings) -> Path:
    """The manifest of the project as it is now; parsed only when a file of it has changed.

    Raises RuntimeError with dbt's own words if the project does not parse.
    """
    return parsed_in(_folder(settings), settings)


def partial_parse(settings: Settings) -> Path:
    """What dbt keeps of its last parse, so that it need not parse again; there may be no such file."""
    return _folder(settings) / PARTIAL_PARSE


def parsed_in(folder: Path, settings: Settings) -> Path:
    """As `parsed`, with the folder that keeps the manifest: one process parses, and the others wait for it."""
    manifest, stamp = folder / "manifest.json", folder / "project.sha256"
    digest = _project_digest()
    if _is_current(manifest, stamp, digest):
        return manifest
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if not _is_current(manifest, stamp, digest):
            # dbt takes seconds to import
            from dbt.cli.main import dbtRunner

            os.environ.update(dbt_environment(settings))
            # a parse that is killed leaves half a manifest
            stamp.unlink(missing_ok=True)
            say("parsing the dbt project")
            args = ["parse", "--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)]
            result = dbtRunner().invoke([*args, "--target-path", str(folder), "--quiet"])
            if not result.success:
                raise RuntimeError(f"dbt cannot parse {DBT_PROJECT_DIR}: {result.exception}")
            files.write_whole(stamp, _stamp(digest, manifest))
    return manifest


def _folder(settings: Settings) -> Path:
    """Beside the project, for all homes: to parse takes a fifth of a first refresh. Where nobody may write there (an
    installed package, a read-only disk), in the home.
    """
    beside = DBT_PROJECT_DIR / "target"
    writable = beside if beside.is_dir() else DBT_PROJECT_DIR
    return beside / "parsed" if os.access(writable, os.W_OK) else settings.dagster_home / "dbt"


def _is_current(manifest: Path, stamp: Path, digest: str) -> bool:
    return manifest.exists() and stamp.exists() and stamp.read_text() == _stamp(digest, manifest)


def _stamp(project: str, manifest: Path) -> str:
    """What the manifest was parsed from, and its content: a manifest that was changed since is parsed again."""
    return f"{project} {hashlib.sha256(manifest.read_bytes()).hexdigest()}"


def _project_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in DBT_PROJECT_DIR.rglob("*") if p.is_file()):
        relative = path.relative_to(DBT_PROJECT_DIR)
        if relative.parts[0] in ("target", "logs") or relative.name == ".user.yml":
            continue
        digest.update(str(relative).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def differences(build: Mapping[str, Any], project: Mapping[str, Any]) -> list[str]:
    """What a build's manifest says otherwise than the project's: a line each, empty if it is the project's own."""
    ours, theirs = _declared(project), _declared(build)
    lines = [f"{uid.partition('.')[0]} {theirs[uid]['name']} is not in the project" for uid in theirs.keys() - ours]
    lines += [f"{uid.partition('.')[0]} {ours[uid]['name']} is missing" for uid in ours.keys() - theirs]
    for uid in ours.keys() & theirs.keys():
        other = sorted(what for what in ours[uid] if ours[uid][what] != theirs[uid][what])
        if other:
            lines.append(f"{uid.partition('.')[0]} {ours[uid]['name']} has another {', '.join(other)}")
    return sorted(lines)


def expected_tests(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Every enabled test of a manifest by its id. Unit tests read no data: `make test` runs them, no build does."""
    return {uid: node for uid, node in manifest["nodes"].items() if node["resource_type"] == "test"}


def _declared(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What a reader or a test rests on, of each model, seed and test: its words, its SQL, its severity, its columns."""
    found = {}
    for uid, node in (*manifest["nodes"].items(), *manifest.get("unit_tests", {}).items()):
        config = node.get("config") or {}
        found[uid] = {
            "name": node["name"],
            "description": node.get("description"),
            "columns": {c["name"]: c.get("description") for c in (node.get("columns") or {}).values()},
            "SQL": node.get("raw_code"),
            "severity": str(config.get("severity", "")).lower(),
            "condition": [config.get(key) for key in ("where", "error_if", "warn_if", "limit", "fail_calc")],
            "arguments": json.dumps((node.get("test_metadata") or {}).get("kwargs"), sort_keys=True, default=str),
            "cases": json.dumps([node.get("given"), node.get("expect")], sort_keys=True, default=str),
            "meta": json.dumps(config.get("meta") or node.get("meta"), sort_keys=True, default=str),
        }
    return found


if __name__ == "__main__":
    parsed(Settings())
