"""Nights in a row over publishers on loopback, with somebody who is told.

What belongs here: the clock, the nights, and reading what became of them. What does not: which nights (scenarios.py),
what must become of them (nights.toml).
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import time_machine
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response
from worlds import FIRST_NIGHT, WORLDS, World

from orchestration import logs, sources
from orchestration.fetching.session import HostLimits, Patience, Web
from orchestration.landing.catalog import Catalog
from orchestration.landing.dataset_run import capture_dataset
from orchestration.running import health
from orchestration.running.ending import DAEMON, Ended, ended
from orchestration.settings import Settings

TOKEN = "SYNTHETIC-NOTIFY-TOKEN"


class Told:
    """A service that is told, on loopback: every message that came, and whether it answers."""

    def __init__(self, server: HTTPServer) -> None:
        self.messages: list[dict[str, Any]] = []
        server.expect_request(f"/told/{TOKEN}").respond_with_handler(self._take)
        self.url = f"json://127.0.0.1:{server.port}/told/{TOKEN}"

    def _take(self, request: Request) -> Response:
        self.messages.append(request.get_json())
        return Response(status=200)

    @property
    def titles(self) -> list[str]:
        return [message["title"].removeprefix("Clawback: ") for message in self.messages]


@dataclass
class Seen:
    """What became of the nights, one entry a night."""

    statuses: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    exits: list[int] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


class Publishers:
    """Some datasets, each with its publisher on a server of its own, all in one home."""

    def __init__(self, home: Path, told: Told, *datasets: str, kept: Path | None = None) -> None:
        self.servers = [HTTPServer(port=0) for _ in datasets]
        for server in self.servers:
            server.start()
        self.worlds: list[World] = [WORLDS[name](server) for name, server in zip(datasets, self.servers, strict=True)]
        self.told, self.home, self.seen, self.number = told, home, Seen(), 0
        self._answers = [world.publisher.answer for world in self.worlds]
        if kept and kept.exists():
            shutil.copytree(kept, home / "landing")

    def close(self) -> None:
        for server in self.servers:
            server.stop()

    def settings(self, world: World | None = None, **more: Any) -> Settings:
        known = {**(world.settings if world else {}), **more}
        return Settings(
            edition="live", home=self.home, contact="s@example.org", notify_urls=SecretStr(self.told.url), **known
        )

    def spoil(self, how: Callable[[Request, Response], Response] | None, which: Sequence[int] = ()) -> None:
        """From now on every answer is spoilt so; None: the publishers are well again."""
        for n, (world, answer) in enumerate(zip(self.worlds, self._answers, strict=True)):
            if which and n not in which:
                continue
            world.publisher.answer = (  # type: ignore[method-assign]
                answer if how is None else lambda request, path, answer=answer: how(request, answer(request, path))
            )

    def night(
        self, *, is_first: bool = False, accepted: dict[str, dict[str, str]] | None = None, **settings: Any
    ) -> None:
        """One night of every dataset, and its end as the daemon's sensor sees it."""
        at = FIRST_NIGHT + timedelta(days=self.number)
        self.number += 1
        run_id, outcomes, late = f"synthetic-run-{self.number}", [], False
        before = len(self.told.messages)
        with time_machine.travel(at, tick=True), logs.of_run(run_id):
            for world in self.worlds:
                asked = [*(world.before if is_first else []), (world.dataset, world.slice)]
                for dataset, slice_ in asked:
                    mine = self.settings(world, **settings)
                    night = capture_dataset(
                        sources.get(dataset), mine, slice_keys=[slice_], web=_web(mine), accepted=accepted
                    )
                outcomes += [one.status for one in night.slices]
                self.seen.reasons += [one.message for one in night.failures]
                late |= bool(night.too_old)
            everyone = self.settings(**settings)
            ended(everyone, Ended(run_id, "captures", DAEMON, at, "source too old" if late else "done"))
            found = health.look(everyone)
        if is_first:
            return
        self.seen.statuses.append(" and ".join(sorted(set(outcomes))))
        self.seen.exits.append(4 if late else 0)
        self.seen.health.append(next(check.state for check in found.checks if check.name == "sources"))
        catalog = Catalog(everyone.landing_dir, as_of=None, edition="live")
        stand = [catalog.status(sources.get(world.dataset)) for world in self.worlds]
        self.seen.states.append(" and ".join(sorted({one.state for one in stand})))
        self.seen.records.append(sum(self._serving(at, world) for world in self.worlds))
        titles = self.told.titles[before:]
        assert len(titles) <= 1, f"more than one message for one night: {titles}"
        self.seen.told += [f"night {len(self.seen.statuses)}: {title}" for title in titles]

    def _serving(self, at: datetime, world: World) -> int:
        """Records that a reader has of the slice: of a list, those that it says today."""
        dataset = sources.get(world.dataset)
        catalog = Catalog(self.home / "landing", as_of=None, edition="live")
        serving = [c for c in catalog.serving(dataset) if c.slice == world.slice]
        if dataset.policy == "snapshot":
            serving = serving[-1:]
        if not serving:
            return 0
        files = [str(path) for capture in serving for path in catalog.records_paths(capture)]
        found = duckdb.execute(f"select count(*) from read_parquet({files!r}, union_by_name = true)").fetchone()
        assert found is not None
        return int(found[0])


def _web(settings: Settings) -> Web:
    patience = Patience(deadline=10, attempts=2, first_wait=0.001, longest_wait=0.001, timeout=5)
    return Web(settings, patience=patience, limits=HostLimits(clock=itertools.count(step=3600).__next__))


def runs(values: Sequence[object]) -> str:
    """What came in a row: `landed, 7 x failed, landed`."""
    grouped = [(value, len(list(group))) for value, group in itertools.groupby(values)]
    return ", ".join(f"{n} x {value}" if n > 1 else str(value) for value, n in grouped)
