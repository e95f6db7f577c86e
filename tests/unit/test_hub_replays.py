"""Replays: who comes back gets what it missed, once and in order, and then goes on live."""

from __future__ import annotations

from collections.abc import Sequence

from pgsocketio.message import Message
from pgsocketio.position import Position, Since, Snapshot, Stamp
from pgsocketio.testing import MemoryDatabase

from .listeners import All, Collector, Scanned, ToRoom, publish, subscribe

# -- replays -----------------------------------------------------------------------------------


def test_since_gives_what_was_missed_and_then_what_is_new(database: MemoryDatabase) -> None:
    position = database.position()
    publish(database, 1, 2)
    database.read()
    publish(database, 3)
    listener = subscribe(database, Since(position))
    assert database.wanted
    assert database.hub.waiting(listener)
    publish(database, 4)
    assert listener.take() == []  # not before what it missed
    database.read()
    assert not database.hub.waiting(listener)
    publish(database, 5)
    assert listener.take() == [1, 2, 3, 4, 5]


def test_what_was_seen_does_not_come_again(database: MemoryDatabase) -> None:
    position = database.position()
    first, _second = publish(database, 1, 2)
    database.read()
    listener = subscribe(database, Since(position, frozenset([first, 999])))
    database.read()
    assert listener.take() == [2]


def test_a_replay_is_stamped_with_where_it_started(database: MemoryDatabase) -> None:
    position = database.position()
    publish(database, 1)
    database.read()
    listener = subscribe(database, Since(position))
    database.read()
    assert [stamp.position for stamp in listener.stamps] == [position]
    assert [stamp.generation for stamp in listener.stamps] == [-1]


def test_a_mark_needs_no_read_while_nothing_lies_between(database: MemoryDatabase) -> None:
    publish(database, 1)
    mark = database.hub.mark()
    listener = subscribe(database, mark)
    assert not database.wanted
    publish(database, 2)
    assert listener.take() == [2]


def test_a_mark_within_reach_is_served_from_memory(database: MemoryDatabase) -> None:
    publish(database, 1)
    mark = database.hub.mark()
    publish(database, 2)
    listener = subscribe(database, mark)
    assert listener.take() == [2]
    assert not database.wanted
    database.read()
    assert listener.take() == []


def test_a_replay_is_routed_as_live_messages_are(database: MemoryDatabase) -> None:
    position = database.position()
    for room in ("a", "b", "a"):
        database.publish("chat", room=room, n=len(room))
    database.publish("other", room="a")
    database.read()
    indexed, scanned, other = Collector(), Collector(), Collector()
    database.hub.subscribe(indexed, ToRoom, ("a",), Since(position))
    database.hub.subscribe(scanned, Scanned, ("a",), Since(position))
    database.hub.subscribe(other, ToRoom, ("b",), Since(position))
    database.read()
    assert indexed.messages == scanned.messages
    assert (len(indexed.messages), len(other.messages)) == (2, 1)


def test_one_read_serves_all_who_wait(database: MemoryDatabase) -> None:
    positions = []
    for number in range(4):
        positions.append(database.position())
        publish(database, number)
    database.read()
    listeners = [subscribe(database, Since(position)) for position in positions]
    late = subscribe(database)
    database.read()
    assert [listener.take() for listener in listeners] == [[0, 1, 2, 3], [1, 2, 3], [2, 3], [3]]
    assert late.take() == []


def test_it_reads_from_the_oldest_of_all(database: MemoryDatabase) -> None:
    hub = database.hub
    subscribe(database, Since(Position("0" * 16, Snapshot(50, 80, (50,)))))
    subscribe(database, Since(Position("0" * 16, Snapshot(60, 70, (60,)))))
    assert hub.begin_read(database.position()) == Snapshot(50, 70, (50, 60))


def test_who_left_is_not_served(database: MemoryDatabase) -> None:
    position = database.position()
    publish(database, 1)
    database.read()
    live, waiting = subscribe(database), subscribe(database, Since(position, frozenset([7])))
    assert database.hub.unsubscribe(live) is None
    assert database.hub.unsubscribe(waiting) == Since(position, frozenset([7]))
    assert database.hub.unsubscribe(Collector()) is None
    publish(database, 2)
    database.read()
    assert live.take() == waiting.take() == []


def test_who_subscribes_while_a_read_runs_waits_for_the_next(database: MemoryDatabase) -> None:
    position = database.position()
    publish(database, 1, 2, inline=False)
    hub, now = database.hub, database.position()
    rows = database.rows(hub.begin_read(now))
    hub.read(rows[:1])
    since_before, next_only = subscribe(database, Since(position)), subscribe(database)
    from_mark = subscribe(database, hub.mark())
    assert database.wanted
    hub.read(rows[1:])
    hub.end_read(now)
    assert since_before.take() == []
    assert next_only.take() == [2]
    database.read()
    assert since_before.take() == [1, 2]
    assert from_mark.take() == [2]
    assert next_only.take() == []


def test_who_leaves_and_comes_back_within_a_read(database: MemoryDatabase) -> None:
    position = database.position()
    publish(database, 1, 2, 3)
    database.read()
    listener = subscribe(database, Since(position))
    hub, now = database.hub, database.position()
    rows = database.rows(hub.begin_read(now))
    hub.read(rows[:1])
    rest = hub.unsubscribe(listener)
    assert rest == Since(position, frozenset([rows[0]["id"]]))
    hub.subscribe(listener, All, (), rest)
    hub.read(rows[1:])
    hub.end_read(now)
    assert listener.take() == [1]
    database.read()
    assert listener.take() == [2, 3]


def test_what_the_read_under_way_does_not_see_is_covered_by_the_next_but_one(
    database: MemoryDatabase,
) -> None:
    hub, now, mark = database.hub, database.position(), database.hub.mark()
    assert mark is not None
    rows = database.rows(hub.begin_read(now))
    publish(database, 1)  # heard, but not seen by this read
    newcomer = Collector()
    hub.subscribe(newcomer, All, (), mark)
    assert hub.stamp is not None
    assert [stamp.delivered for stamp in newcomer.stamps] == [hub.stamp.generation + 1]
    hub.read(rows)
    hub.end_read(now)
    assert newcomer.take() == [1]


def test_who_subscribes_in_the_middle_of_a_delivery_gets_each_once(
    database: MemoryDatabase,
) -> None:
    hub, newcomer, mark = database.hub, Collector(), database.hub.mark()

    class Invites(Collector):
        def deliver(self, messages: Sequence[Message], stamp: Stamp) -> None:
            hub.subscribe(newcomer, Scanned, ("a",), mark)

    hub.subscribe(Invites(), All)
    hub.subscribe(Collector(), Scanned, ("b",))
    database.publish("chat", room="a")
    database.read()
    assert len(newcomer.messages) == 1
