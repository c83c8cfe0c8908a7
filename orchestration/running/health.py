"""The health of this installation in one answer for monitors: `clawback health`, and health.json beside the release.

What belongs here: the facts, which of them are a warning or critical, and the file. What does not: how to fix a problem
(doctor), messages to people (ending, notify).

health.json is written atomically after each run and each rollback, so that a monitor or a web server can read it
without running anything. Its facts are as of `checked_at`; `clawback health` checks again. Both have the same keys:

    format          1; a key may be added within a format, none changes its meaning
    status          ok, warning or critical: the worst of `checks`
    exit_code       0, 1 or 2: what `clawback health` exits with
    checked_at      UTC
    edition         recorded or live
    release         id, built_at, age_hours, edition of what readers see; null: nothing is published yet
    last_run        run_id, job, started_by, started_at, ended_at, outcome, exit_code, error; null: none is known
    last_good_run   run_id, ended_at of the last run that ended well; null: none is known
    troubles        by job: since, run_id, says; jobs whose last run failed, was refused or died
    sources         total, and lists of dataset, since, why: damaged, failing, too_old, stale
    accepted        findings of the gate that were accepted in the release, each with the reason
    disk            free_bytes, total_bytes of the home
    checks          name (release, runs, sources, accepted, disk), state, says
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import psutil

from orchestration import sources
from orchestration.files import write_whole
from orchestration.landing import clock
from orchestration.landing.catalog import Catalog
from orchestration.landing.standing import SourceStatus
from orchestration.logs import Hiding
from orchestration.release import history, seal
from orchestration.settings import Settings

HEALTH_FILE = "health.json"
FORMAT = 1
State = Literal["ok", "warning", "critical"]
EXIT_CODES: dict[State, int] = {"ok": 0, "warning": 1, "critical": 2}
RUNNING, DIED = "running", "died"
# Seconds by which a machine's clock may be corrected while a run works.
_CLOCK_MAY_BE_SET = 5
# A build needs the candidate, its spill and one more release beside the old one; below the second nothing goes.
LITTLE_DISK, NO_DISK = 5 * 1024**3, 1024**3


@dataclass(frozen=True)
class Check:
    """One thing that a monitor watches."""

    name: str
    state: State
    says: str


@dataclass
class Health:
    """The answer; its JSON form is the module's charter."""

    facts: dict[str, Any]
    checks: list[Check] = field(default_factory=list)

    @property
    def state(self) -> State:
        return max((check.state for check in self.checks), key=lambda state: EXIT_CODES[state], default="ok")

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.state]

    def to_json(self) -> dict[str, Any]:
        answer = {"format": FORMAT, "status": self.state, "exit_code": self.exit_code, **self.facts}
        return {**answer, "checks": [vars(check) for check in self.checks]}

    def lines(self) -> list[str]:
        """For people and for monitors that show one line: the state first, then every check."""
        worst = [check for check in self.checks if check.state == self.state]
        first = f"CLAWBACK {self.state.upper()} - {'; '.join(check.says for check in worst) or 'nothing is looked at'}"
        return [first, *(f"{check.state:8} {check.name}: {check.says}" for check in self.checks)]


def look(settings: Settings) -> Health:
    """How this installation is now. Never raises: what cannot be read is critical and says so."""
    now = datetime.now(UTC)
    kept = kept_file(settings)
    facts: dict[str, Any] = {
        "checked_at": now.isoformat(timespec="seconds"),
        "edition": settings.edition,
        "release": None,
        "last_run": last_run(kept),
        "last_good_run": kept.get("last_good_run"),
        "troubles": kept.get("troubles", {}),
        "sources": {"total": len(sources.DATASETS), "damaged": [], "failing": [], "too_old": [], "stale": []},
        "accepted": [],
        "disk": {"free_bytes": None, "total_bytes": None},
    }
    health = Health(facts)
    looks: dict[str, Callable[[Settings, dict[str, Any], datetime], Check]] = {
        "release": _release,
        "runs": _runs,
        "sources": _sources,
        "accepted": _accepted,
        "disk": _disk,
    }
    for name, one in looks.items():
        try:
            health.checks.append(one(settings, facts, now))
        except Exception as error:  # a monitor must get an answer, and a landing folder may be damaged in any way
            health.checks.append(Check(name, "critical", f"cannot be read: {error} (clawback doctor)"))
    answer = _tidy(settings, {"facts": facts, "checks": [vars(check) for check in health.checks]})
    return Health(answer["facts"], [Check(**check) for check in answer["checks"]])


def write(settings: Settings) -> None:
    """Rewrite health.json. Raises files.CannotWrite."""
    health = look(settings)
    write_whole(settings.root / HEALTH_FILE, json.dumps(health.to_json(), indent=2, ensure_ascii=False) + "\n")


def keep(settings: Settings, **answer: Any) -> None:
    """Put what is known of runs (last_run, last_good_run, troubles) into health.json, and update the rest."""
    path = settings.root / HEALTH_FILE
    write_whole(path, json.dumps({**kept_file(settings), **_tidy(settings, answer)}))
    write(settings)


def kept_file(settings: Settings) -> dict[str, Any]:
    """health.json as it was last written; {} if there is none, or it is not what we wrote."""
    try:
        stored = json.loads((settings.root / HEALTH_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) and isinstance(stored.get("troubles", {}), dict) else {}


def last_run(kept: dict[str, Any]) -> dict[str, Any] | None:
    """The last run; `died` if its note says that it is running and its process is gone."""
    run = kept.get("last_run")
    if not isinstance(run, dict):
        return None
    if run.get("outcome") == RUNNING and not is_alive(run.get("process")):
        return {**run, "outcome": DIED, "error": "its process ended without a word (killed, or the machine stopped)"}
    return run


def this_process() -> list[float]:
    """This process's number and when it began, which together identify it: numbers are used again."""
    return [os.getpid(), psutil.Process().create_time()]


def is_alive(process: Any) -> bool:
    """Whether the process that `this_process` described still runs."""
    if not (isinstance(process, list) and len(process) == 2):
        return False
    try:
        began = psutil.Process(int(process[0])).create_time()
        return abs(began - float(process[1])) < _CLOCK_MAY_BE_SET
    except (psutil.Error, ValueError, TypeError):
        return False


def _release(settings: Settings, facts: dict[str, Any], now: datetime) -> Check:
    release = history.last_release(settings)
    if release is None:
        return Check("release", "critical", "nothing is published yet: clawback refresh")
    age = (now - release.built_at.astimezone(UTC)) / timedelta(hours=1)
    facts["release"] = {
        "id": release.id,
        "built_at": release.built_at.astimezone(UTC).isoformat(timespec="seconds"),
        "age_hours": round(age, 1),
        "edition": release.edition,
    }
    facts["accepted"] = [{"check": name, "because": reason} for name, reason in sorted(release.accepted.items())]
    built = release.built_at.astimezone(UTC)
    old = f"{_hours(age)} old" if clock.may_be_so(built) else f"dated {built:%Y-%m-%d}, which is yet to come"
    says = f"release {release.id} ({release.edition} edition), {old}"
    if wrong := seal.damage_of(settings, release.path.parent, trust=True):
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return Check("release", "critical", f"{says}, is damaged: {wrong[0]}{more} (clawback doctor)")
    if settings.edition != "live":
        return Check("release", "ok", says)
    # A run with nothing new makes no release, so an old release is no fault: an old last good run is.
    good = facts["last_good_run"]
    looked = datetime.fromisoformat(good["ended_at"]) if good else release.built_at.astimezone(UTC)
    if not clock.may_be_so(looked):
        # the machine's clock was ahead: without this, nothing would be late until that day has come
        what = f"the last refresh that ended well is dated {looked:%Y-%m-%d}, which is yet to come: the clock was wrong"
        return Check("release", "warning", f"{says}; {what}, and the next refresh dates it right")
    since = (now - looked) / timedelta(hours=1)
    if since > settings.health_hours:
        return Check(
            "release",
            "warning",
            f"{says}; no refresh ended well for {_hours(since)} (allowed: {settings.health_hours:g} h)",
        )
    return Check("release", "ok", f"{says}; the last refresh ended well {_hours(since)} ago")


def _runs(settings: Settings, facts: dict[str, Any], now: datetime) -> Check:
    run, troubles = facts["last_run"], facts["troubles"]
    if run and run["outcome"] == DIED:
        return Check("runs", "critical", f"run {run['run_id']} of {run['started_at']} died: {run['error']}")
    if troubles:
        detail = "; ".join(f"{job} since {one['since']}: {one['says']}" for job, one in sorted(troubles.items()))
        return Check("runs", "critical", detail)
    if run is None:
        return Check("runs", "ok" if facts["release"] else "warning", "no run is known")
    when = f"since {run['started_at']}" if run["outcome"] == RUNNING else f"at {run['ended_at']}"
    return Check("runs", "ok", f"{run['job']}: {run['outcome']} {when}")


def _sources(settings: Settings, facts: dict[str, Any], now: datetime) -> Check:
    catalog = Catalog(settings.landing_dir, as_of=None, edition=settings.edition)
    stand = [(dataset, catalog.status(dataset)) for dataset in sources.DATASETS.values()]

    def has_aged(status: SourceStatus, age: timedelta, good: datetime | None) -> bool:
        # The run's own word, and what has grown old since: nobody may have asked for a week.
        return bool(status.too_old) or (settings.edition == "live" and good is not None and now - good > age)

    found: dict[str, list[SourceStatus]] = {"damaged": [], "failing": [], "too_old": [], "stale": []}
    for dataset, status in stand:
        if status.damaged:
            found["damaged"].append(status)
        if dataset.base_url_setting is not None and has_aged(status, dataset.max_age, catalog.last_good(dataset)):
            found["too_old"].append(status)
        elif status.failed:
            found["failing"].append(status)
        elif status.state == "stale":
            found["stale"].append(status)
    for name, those in found.items():
        facts["sources"][name] = [
            {
                "dataset": status.dataset,
                "since": status.failed_since.isoformat(timespec="seconds") if status.failed_since else None,
                "why": status.why,
            }
            for status in those
        ]
    if not any(found.values()):
        return Check("sources", "ok", f"none of {len(stand)} datasets fails")
    says = "; ".join(
        f"{name.replace('_', ' ')}: {', '.join(status.dataset for status in those)}"
        for name, those in found.items()
        if those
    )
    return Check("sources", "critical" if found["too_old"] or found["damaged"] else "warning", says)


def _accepted(settings: Settings, facts: dict[str, Any], now: datetime) -> Check:
    accepted = facts["accepted"]
    if not accepted:
        return Check("accepted", "ok", "the release carries no accepted finding")
    return Check("accepted", "warning", "; ".join(f"{one['check']}: accepted, {one['because']}" for one in accepted))


def _disk(settings: Settings, facts: dict[str, Any], now: datetime) -> Check:
    existing = next(folder for folder in (settings.root, *settings.root.parents) if folder.exists())
    usage = shutil.disk_usage(existing)
    facts["disk"] = {"free_bytes": usage.free, "total_bytes": usage.total}
    state: State = "critical" if usage.free < NO_DISK else "warning" if usage.free < LITTLE_DISK else "ok"
    says = f"{usage.free / 1024**3:.1f} GiB free"
    if not os.access(existing, os.W_OK) or os.statvfs(existing).f_flag & os.ST_RDONLY:
        state, says = "critical", f"{settings.root} cannot be written: no refresh can run; {says}"
    return Check("disk", state, says)


def _hours(hours: float) -> str:
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def _tidy(settings: Settings, answer: Any) -> Any:
    """The facts without secrets, and without the path of the home, which may be moved."""

    def moved(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(str(settings.root), ".")
        if isinstance(value, dict):
            return {key: moved(inner) for key, inner in value.items()}
        return [moved(inner) for inner in value] if isinstance(value, list) else value

    return moved(Hiding(settings).value(answer))
