"""Mailboxes at their bounds: the rest stays in the log, and nothing is lost or doubled."""

from __future__ import annotations

import pytest

from pgsocketio.position import Since
from pgsocketio.testing import MemoryDatabase

from .boxes import Box, publish


@pytest.fixture
def database() -> MemoryDatabase:
    made = MemoryDatabase()
    made.read()
    return made


# -- bounds ------------------------------------------------------------------------------------


def test_beyond_its_bound_it_leaves_the_rest_in_the_log(
    database: MemoryDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    box = Box(database, messages=3)
    publish(database, *range(10))
    assert "does not keep up: 3 messages wait" in caplog.text
    assert len(caplog.records) == 1
    assert box.mailbox not in database.hub.routes
    taken = []
    for _ in range(20):
        batch = box.next()
        assert len(batch) <= 3
        taken += batch
        database.read()
    assert taken == list(range(10))
    publish(database, 10)
    assert box.next() == [10]


def test_it_is_bounded_in_bytes(database: MemoryDatabase) -> None:
    box = Box(database, size=100)
    database.publish("chat", n="x" * 1_000)  # alone, it must fit
    assert len(box.mailbox.next()) == 1
    sizes = [40, 40, 40, 40]
    for size in sizes:
        database.publish("chat", n="x" * size)
    taken = []
    while batch := box.next() or (box.mailbox.catching_up and database.read()) or box.next():
        assert sum(map(len, batch)) <= 100
        taken += batch
    assert [len(text) for text in taken] == sizes


def test_after_an_overflow_nothing_slips_past(database: MemoryDatabase) -> None:
    """Not even what would still fit, of the same transaction."""
    box = Box(database, size=100)
    transaction = database.transaction()
    for text in ("x" * 60, "x" * 61, "x"):
        transaction.publish("chat", n=text)
    transaction.commit()
    taken = [*box.next(), *box.next(), *box.next()]
    assert [len(text) for text in taken] == [60, 61, 1]


def test_an_overflow_holds_its_place_and_more_overflows_double_nothing(
    database: MemoryDatabase,
) -> None:
    box = Box(database, messages=2)
    start = database.hub.stamp
    publish(database, 1)
    database.read()
    publish(database, 2, 3)
    database.read()
    publish(database, 4, 5)
    assert box.next() == [1, 2]
    assert box.mailbox.hold is start
    assert box.next() == []
    assert box.mailbox.catching_up
    publish(database, 6)
    database.read()
    assert box.next() == [3, 4]
    database.read()
    rest = [box.next(), database.read(), box.next(), database.read(), box.next()]
    assert [batch for batch in rest if batch] == [[5, 6]]
    assert box.mailbox.hold is None


def test_catching_up_may_need_no_read(database: MemoryDatabase) -> None:
    box = Box(database, messages=1)
    publish(database, 1, 2)
    assert [box.next(), box.next(), box.next()] == [[1], [], [2]]
    assert not database.wanted


def test_an_overflow_in_the_middle_of_a_replay_doubles_nothing(database: MemoryDatabase) -> None:
    position = database.position()
    publish(database, *range(6))
    database.read()
    box = Box(database, Since(position), messages=2)
    hub, now = database.hub, database.position()
    rows = database.rows(hub.begin_read(now))
    hub.read(rows[:3])
    taken = box.next() + box.next()
    assert box.mailbox.catching_up  # again, while the read goes on
    hub.read(rows[3:])
    hub.end_read(now)
    for _ in range(10):
        database.read()
        taken += box.next()
    assert taken == list(range(6))


def test_a_replay_that_breaks_off_and_overflows_doubles_nothing(database: MemoryDatabase) -> None:
    position = database.position()
    publish(database, *range(4))
    database.read()
    box = Box(database, Since(position), messages=2)
    hub = database.hub
    hub.read(database.rows(hub.begin_read(database.position()))[:1])  # and breaks off
    taken = box.next() + box.next()  # finished while the rest is still to come
    for _ in range(10):
        database.read()
        taken += box.next()
    assert taken == list(range(4))


def test_an_overflow_after_a_replay_that_met_live_messages_doubles_nothing(
    database: MemoryDatabase,
) -> None:
    since, hub = Since(database.position()), database.hub
    publish(database, 1)
    database.read()
    box = Box(database, since, messages=2)
    now = database.position()
    rows = database.rows(hub.begin_read(now))
    publish(database, 2)  # heard while the replay is read, which does not see it
    hub.read(rows)
    hub.end_read(now)
    assert box.next() == [1, 2]
    assert box.next() == []
    publish(database, 3, 4, 5)
    assert box.next() == [3, 4]
    assert box.next() == []
    database.read()
    assert box.next() == [5]


def test_volatile_messages_are_dropped_first(database: MemoryDatabase) -> None:
    box = Box(database, messages=3)
    publish(database, 1)
    database.publish_volatile("chat", n=-1)
    database.publish_volatile("chat", n=-2)
    database.publish_volatile("chat", n=-3)  # no room: dropped itself
    publish(database, 2)  # they make room
    assert box.next() == [1, 2]
    assert box.next() == []
    assert not box.mailbox.catching_up


def test_volatile_messages_do_not_wait_behind_an_overflow(database: MemoryDatabase) -> None:
    box = Box(database, messages=1)
    publish(database, 1, 2)
    database.publish_volatile("chat", n=-1)
    assert [box.next(), box.next(), box.next()] == [[1], [], [2]]


def test_what_is_not_in_the_log_any_more_is_said(database: MemoryDatabase) -> None:
    position = database.position()
    publish(database, 1)
    database.read()
    box = Box(database, Since(position))
    database.hub.begin_read(database.position(), trimmed=position.snapshot.xmax)
    assert box.times_missed == 1
