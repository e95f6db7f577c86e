"""What `make chaos-selftest` switches off is off then: it would be reported."""

from __future__ import annotations

import pytest

from pgsocketio import wire
from pgsocketio.follower import Follower
from pgsocketio.hub import Hub
from pgsocketio.listener import Listener
from pgsocketio.progress import Progress
from pgsocketio.testing import ThreadRuntime
from tests.chaos.run import SELFTEST, named
from tests.chaos.sabotage import SABOTAGES

from .test_listener import Site


@pytest.fixture(autouse=True)
def put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is sabotaged is so for ever; this one is not."""
    for place, name in (
        (Hub, "had"), (Listener, "__init__"), (Follower, "enter"), (Progress, "since"),
        (wire, "_parse_seen"),
    ):  # fmt: skip
        monkeypatch.setattr(place, name, getattr(place, name))


def test_each_is_tried_with_faults_that_there_are() -> None:
    assert set(SELFTEST) == set(SABOTAGES)
    assert all(named(name) for names in SELFTEST.values() for name in names)


def test_without_deduplication(runtime: ThreadRuntime) -> None:
    SABOTAGES["deduplication"]()
    site = Site(runtime)
    runtime.settle()
    site.postgres.publish(1)
    runtime.advance(2)
    assert site.take() == [1, 1]


def test_without_catch_up(runtime: ThreadRuntime) -> None:
    SABOTAGES["catch-up"]()
    site = Site(runtime)
    runtime.settle()
    site.ear.cut()
    site.postgres.publish(1)
    runtime.advance(10)
    assert site.lives == 2
    assert site.take() == []


def test_without_poll(runtime: ThreadRuntime) -> None:
    SABOTAGES["poll"]()
    site = Site(runtime)
    runtime.settle()
    transaction = site.database.transaction()
    transaction.publish("chat", n=1)
    transaction.commit(inline=False)
    runtime.advance(60)
    assert site.take() == []
