"""What the tests of sources share: quick patience over the real session."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from orchestration.fetching.session import HostLimits, Patience, Web
from orchestration.settings import Settings


@pytest.fixture
def web_for() -> Callable[[Settings], Web]:
    """The session that a night uses, with waits of milliseconds and limits whose clock runs fast."""

    def make(settings: Settings) -> Web:
        patience = Patience(deadline=10, attempts=4, first_wait=0.01, longest_wait=0.05, timeout=5)
        return Web(settings, patience=patience, limits=HostLimits(clock=itertools.count(step=3600).__next__))

    return make
