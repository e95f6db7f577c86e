"""What a database says of a client's position."""

from __future__ import annotations

from typing import Any

import pytest

from pgsocketio.database import Database
from pgsocketio.errors import TemporarilyUnavailable
from pgsocketio.members import Members
from pgsocketio.position import Snapshot
from pgsocketio.testing import MemoryDatabase, MemoryPrepared, ThreadRuntime

from .fake_postgres import FakePostgres


class Site:
    """A database that is live, on a log in memory."""

    def __init__(self, runtime: ThreadRuntime) -> None:
        self.log = MemoryDatabase()
        self.postgres = FakePostgres(self.log)
        self._runtime = runtime
        self.database = Database(
            "mydb", self.postgres.connect, runtime, "node", Members(MemoryPrepared)
        )
        runtime.spawn(self.database.listener.run)
        runtime.settle()

    def resume(self, token: str) -> Any:
        """What a client is answered, and after how many reads of the log."""
        answers: list[Any] = []
        before = self.postgres.reads
        self._runtime.spawn(lambda: answers.append(self.database.resume(token)))
        self._runtime.settle()
        [answer] = answers
        return answer, self.postgres.reads - before


@pytest.fixture
def site(runtime: ThreadRuntime) -> Site:
    return Site(runtime)


def test_a_position_of_now_is_good_at_once(site: Site) -> None:
    token = str(site.log.position())
    position, reads = site.resume(token)
    assert (str(position), reads) == (token, 0)


def test_one_of_another_server_process_may_be_ahead(site: Site) -> None:
    site.postgres.publish(1)
    token = str(site.log.position())
    position, reads = site.resume(token)
    assert (str(position), reads) == (token, 1)


def test_one_from_the_future_is_none(site: Site) -> None:
    epoch, _snapshot = str(site.log.position()).split(":", 1)
    assert site.resume(f"{epoch}:999999:999999:") == (None, 1)


@pytest.mark.parametrize("token", ["", "nonsense", "b" * 16 + ":100:100:"])
def test_what_is_foreign_is_none(site: Site, token: str) -> None:
    assert site.resume(token) == (None, 0)


def test_where_it_was_trimmed_all_that_was_published_lies_behind(site: Site) -> None:
    token = str(site.log.position())
    site.postgres.publish(1)
    site.postgres.trimmed = site.log.rows(Snapshot(1, 1))[-1].xid
    site.resume(str(site.log.position()))  # the listener has read of it
    site.postgres.publish(2)
    assert site.resume(token) == (None, 1)
    stamp = site.database.hub.stamp
    assert stamp is not None
    assert str(stamp.position) == str(site.log.position())


def test_while_postgresql_is_away_nobody_is_told_anything(
    site: Site, runtime: ThreadRuntime
) -> None:
    site.postgres.up = False
    site.postgres.listening[-1].cut()
    runtime.advance(1)
    with pytest.raises(TemporarilyUnavailable, match="'mydb' is away"):
        site.database.resume(str(site.log.position()))
