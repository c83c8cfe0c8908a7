"""The nights of each row of the table: what the publishers do, night after night.

What belongs here: a function a row of nights.toml. What does not: what must become of it (nights.toml), how a night is
run (driver.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from driver import Publishers
from kinds import HTML
from werkzeug import Request, Response
from worlds import WORLDS, _doj_page, _ice_rows

# Those that ask for what another dataset has captured are asked in its tests.
ALL = tuple(name for name in WORLDS if name not in ("legistar/histories", "usaspending/award_outlays"))
DOJ, ICE, AGENCIES = "doj/sanctuary_list", "ice/agreements_287g", "fbi/agencies"


@dataclass(frozen=True)
class Scenario:
    """One row. datasets: which publishers there are; nights: run after the first good one."""

    datasets: tuple[str, ...]
    nights: Callable[[Publishers], None]


def _down(request: Request, response: Response) -> Response:
    return Response(b"", status=503)


def _key_refused(request: Request, response: Response) -> Response:
    return Response(b'{"detail": "synthetic"}', status=401, content_type="application/json")


def _maintenance(request: Request, response: Response) -> Response:
    return Response(HTML, content_type="text/html")


def _down_for(nights: int) -> Callable[[Publishers], None]:
    def run(there: Publishers) -> None:
        there.spoil(_down)
        for _ in range(nights):
            there.night()
        there.spoil(None)
        there.worlds[0].news()
        there.night()

    return run


def _quiet(there: Publishers) -> None:
    for _ in range(5):
        there.night()


def _maintained(there: Publishers) -> None:
    there.spoil(_maintenance)
    there.night()
    there.spoil(None)
    there.night()


def _flaps(there: Publishers) -> None:
    for night in range(4):
        there.spoil(_down if night % 2 == 0 else None)
        there.night()


def _back_in_another_form(there: Publishers) -> None:
    there.spoil(_down)
    there.night()
    there.spoil(lambda request, response: Response(response.get_data().replace(b"ori", b"ori_code"),
                                                   content_type=response.content_type))  # fmt: skip
    there.night()
    there.night()
    there.spoil(None)
    there.night()


def _key_expires(there: Publishers) -> None:
    there.spoil(_key_refused)
    there.night()
    there.night()
    there.spoil(None)
    there.night()


def _key_taken_away(there: Publishers) -> None:
    there.night(data_gov_api_key=None)
    there.night(data_gov_api_key=None)
    there.night()


def _one_of_many(there: Publishers) -> None:
    there.spoil(_down, which=[1])
    there.night()
    there.night()
    there.spoil(None)
    there.night()


def _bleeds(size: int, hold: Callable[[Publishers, int], None], nights: int = 30) -> Callable[[Publishers], None]:
    """Three percent less each night."""

    def run(there: Publishers) -> None:
        for night in range(1, nights + 1):
            hold(there, round(size * 0.97**night))
            there.night()

    return run


def _list_of(there: Publishers, names: int) -> None:
    there.worlds[0].publisher.body = _doj_page(names)  # type: ignore[attr-defined]


def _agencies_of(there: Publishers, agencies: int) -> None:
    world = there.worlds[0]
    assert world.hold is not None
    assert world.set is not None
    world.set(list(world.hold())[:agencies])


def _half_gone(there: Publishers) -> None:
    _list_of(there, 25)
    there.night()
    there.night()
    _list_of(there, 60)
    there.night()


def _fall_confirmed(there: Publishers) -> None:
    """A list that loses an eighth at once, and stays so."""
    world = there.worlds[0]
    assert world.set is not None
    world.set(_ice_rows(52))
    for _ in range(3):
        there.night()


def _fall_accepted(there: Publishers) -> None:
    """Half of a list is gone, and a person knows that it is true."""
    _list_of(there, 25)
    there.night()
    there.night(accepted={"list": {"volume": "synthetic: it was in the news"}})
    _list_of(there, 24)
    there.night()


def _emptied(there: Publishers) -> None:
    there.spoil(lambda request, response: Response(json.dumps({}), content_type="application/json"))
    there.night()
    there.spoil(None)
    there.night()


SCENARIOS: dict[str, Scenario] = {
    "nothing new": Scenario((DOJ,), _quiet),
    "down for a night": Scenario((DOJ,), _down_for(1)),
    "down for a week": Scenario((DOJ,), _down_for(6)),
    "down for longer than the source may be": Scenario((DOJ,), _down_for(10)),
    "one of two sources down": Scenario((ICE, DOJ), _one_of_many),
    "every source down for a night": Scenario(ALL, _down_for(1)),
    "a maintenance page with 200": Scenario((AGENCIES,), _maintained),
    "an empty answer with 200": Scenario((AGENCIES,), _emptied),
    "down every other night": Scenario((DOJ,), _flaps),
    "down, then back in another form": Scenario((AGENCIES,), _back_in_another_form),
    "the key is refused": Scenario((AGENCIES,), _key_expires),
    "the key is not set": Scenario((AGENCIES,), _key_taken_away),
    "most of a list gone at once": Scenario((DOJ,), _half_gone),
    "most of a list gone at once, and accepted": Scenario((DOJ,), _fall_accepted),
    "an eighth of a list gone at once": Scenario((ICE,), _fall_confirmed),
    "3% less of a list each night": Scenario((DOJ,), _bleeds(60, _list_of)),
    "3% less of a register each night": Scenario((AGENCIES,), _bleeds(60, _agencies_of)),
}
