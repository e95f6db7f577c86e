"""The hub: two sources and replays, nothing lost, nothing twice."""

from __future__ import annotations

import pytest

from pgsocketio.position import Position, Since, Snapshot
from pgsocketio.testing import MemoryDatabase

from .listeners import publish, subscribe

# -- inline and read ---------------------------------------------------------------------------


def test_content_of_a_notify_is_delivered_at_once_and_not_again(database: MemoryDatabase) -> None:
    listener = subscribe(database)
    publish(database, 1, 2)
    assert listener.take() == [1, 2]
    database.read()
    database.read()
    assert listener.take() == []


def test_a_hint_is_delivered_by_the_read(database: MemoryDatabase) -> None:
    listener = subscribe(database)
    publish(database, 1, inline=False)
    publish(database, 2)
    publish(database, 3, inline=False)
    assert listener.take() == [2]
    database.read()
    assert listener.take() == [1, 3]


def test_a_notify_that_comes_twice_or_late(database: MemoryDatabase) -> None:
    listener = subscribe(database)
    transaction = database.transaction()
    message = transaction.publish("chat", n=1)
    transaction.commit()
    database.hub.deliver_inline([message, message])
    database.read()
    database.hub.deliver_inline([message])
    assert listener.take() == [1]


def test_before_the_first_read_nothing_is_delivered_inline() -> None:
    database = MemoryDatabase()
    listener = subscribe(database)
    publish(database, 1)
    assert listener.take() == []
    assert database.hub.mark() is None


def test_a_hub_starts_at_now() -> None:
    database = MemoryDatabase()
    publish(database, 1, inline=False)
    listener = subscribe(database)
    database.read()
    assert listener.take() == []


def test_a_transaction_that_commits_late(database: MemoryDatabase) -> None:
    """Its ids are lower than what was delivered before: the trap of "id > last"."""
    listener = subscribe(database)
    late = database.transaction()
    late.publish("chat", n=1)
    publish(database, 2)
    database.read()
    assert listener.take() == [2]
    late.commit(inline=False)
    publish(database, 3)
    database.read()
    assert sorted(listener.take()) == [1, 3]


def test_what_was_rolled_back_never_arrives(database: MemoryDatabase) -> None:
    listener = subscribe(database)
    transaction = database.transaction()
    transaction.publish("chat", n=1)
    transaction.rollback()
    database.read()
    assert listener.take() == []


def test_volatile_messages_are_delivered_and_never_replayed(database: MemoryDatabase) -> None:
    mark = database.hub.mark()
    listener = subscribe(database)
    database.publish_volatile("chat", n=1)
    assert listener.take() == [1]
    assert listener.messages == []
    late = subscribe(database, mark)
    database.read()
    assert late.take() == []


def test_the_stamp_is_where_to_get_a_message_again(database: MemoryDatabase) -> None:
    listener = subscribe(database)
    for number, inline in enumerate([True, False, True, False]):
        publish(database, number, inline=inline)
        database.read()
    rows = list(zip(listener.messages, listener.stamps))
    assert len(rows) == 4
    for message, stamp in rows:
        assert message in database.rows(stamp.position.snapshot)
    generations = [stamp.generation for stamp in listener.stamps]
    assert generations == sorted(generations)


# -- reads that break off ----------------------------------------------------------------------


def test_a_read_that_breaks_off_is_repeated_without_doubles(database: MemoryDatabase) -> None:
    position = database.position()
    publish(database, 0)
    database.read()
    live = subscribe(database)
    publish(database, 1, 2, 3, inline=False)
    waiting = subscribe(database, Since(position))
    hub = database.hub
    hub.read(database.rows(hub.begin_read(database.position()))[:3])  # and the connection is gone
    assert live.take() == [1, 2]
    assert waiting.take() == [0, 1, 2]
    publish(database, 4)  # by NOTIFY, in the meantime
    from_mark = subscribe(database, hub.mark())
    database.read()
    assert sorted(live.take()) == [3, 4]
    assert waiting.take() == [3, 4]
    assert from_mark.take() == [3]


def test_what_a_broken_read_delivered_is_not_delivered_inline(database: MemoryDatabase) -> None:
    live = subscribe(database)
    transaction = database.transaction()
    message = transaction.publish("chat", n=1)
    transaction.commit(inline=False)
    hub = database.hub
    hub.read(database.rows(hub.begin_read(database.position())))
    hub.deliver_inline([message])
    database.read()
    assert live.take() == [1]


# -- the log ends somewhere --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "trimmed", "missed"),
    [
        ("100:103:", 102, False),        # all that was trimmed lies behind
        ("100:103:", 103, True),
        ("100:103:101", 100, False),
        ("100:103:101", 101, True),      # it committed after the position, and is trimmed
        ("100:103:104", 105, True),
    ],
)  # fmt: skip
def test_who_starts_below_what_was_trimmed_is_told(
    database: MemoryDatabase, since: str, trimmed: int, missed: bool
) -> None:
    low, high, between = since.split(":")
    xip = tuple(int(xid) for xid in between.split(",") if xid and int(xid) < int(high))
    snapshot = Snapshot(min((int(high), *xip)), int(high), xip)
    listener = subscribe(database, Since(Position("0" * 16, snapshot)))
    database.hub.begin_read(Position("0" * 16, Snapshot(200, 200)), trimmed)
    assert listener.times_missed == missed


def test_what_still_runs_was_not_trimmed(database: MemoryDatabase) -> None:
    listener = subscribe(database, Since(Position("0" * 16, Snapshot(101, 110, (101,)))))
    database.hub.begin_read(Position("0" * 16, Snapshot(101, 110, (101,))), 105)
    assert listener.times_missed == 0


def test_another_log_starts_at_its_own_now(database: MemoryDatabase) -> None:
    listener = subscribe(database)
    publish(database, 1)
    database.hub.reset()
    assert database.hub.mark() is None
    other = MemoryDatabase()
    message = other.message("chat", {"n": 1}, 3)
    database.hub.deliver_inline([message])
    assert listener.take() == [1]
    now = Position("b" * 16, Snapshot(5, 5))
    database.hub.begin_read(now)
    database.hub.end_read(now)
    database.hub.deliver_inline([other.message("chat", {"n": 2}, 7)])
    assert listener.take() == [2]
