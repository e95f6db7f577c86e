"""Mailboxes: batches that stay until done, bounds with a catch-up, and a successor that goes on."""

from __future__ import annotations

from typing import Any

import pytest

from pgsocketio.mailbox import Mailbox
from pgsocketio.position import Since
from pgsocketio.testing import MemoryDatabase

from .boxes import Box, numbers, publish
from .listeners import ToRoom


@pytest.fixture
def database() -> MemoryDatabase:
    made = MemoryDatabase()
    made.read()
    return made


# -- batches -----------------------------------------------------------------------------------


def test_a_batch_is_what_waits(database: MemoryDatabase) -> None:
    box = Box(database)
    assert box.next() == []
    publish(database, 1, 2)
    assert box.calls == 2
    assert box.next() == [1, 2]
    publish(database, 3)
    assert numbers(box.mailbox.batch) == [1, 2]
    assert box.next() == [3]
    assert box.next() == []


def test_each_mailbox_gets_its_own_copy(database: MemoryDatabase) -> None:
    boxes = [Box(database) for _ in range(2)]
    publish(database, 1)
    assert [box.next() for box in boxes] == [[1], [1]]


def test_what_is_put_back_comes_first_and_alone(database: MemoryDatabase) -> None:
    box = Box(database)
    publish(database, 1, 2)
    box.next()
    publish(database, 3)
    for _ in range(2):
        box.mailbox.put_back()
        assert box.mailbox.is_put_back
        assert numbers(box.mailbox.batch) == [1, 2]  # it stays in hand for what is emitted yet
        assert box.next() == [1, 2]
    assert not box.mailbox.is_put_back
    assert box.next() == [3]


def test_what_is_done_of_a_batch_does_not_come_again(database: MemoryDatabase) -> None:
    box = Box(database)
    publish(database, 1, 2, 3)
    done = [message["id"] for message in box.mailbox.next()[:2]]
    box.mailbox.put_back(done)
    assert box.next() == [3]
    box.mailbox.put_back([message["id"] for message in box.mailbox.batch])
    assert not box.mailbox.is_put_back
    assert box.next() == []


def test_volatile_messages_are_never_put_back(database: MemoryDatabase) -> None:
    box = Box(database)
    publish(database, 1)
    database.publish_volatile("chat", n=-1)
    assert box.next() == [1, -1]
    box.mailbox.put_back()
    assert box.next() == [1]
    database.publish_volatile("chat", n=-2)
    assert box.next() == [-2]
    box.mailbox.put_back()
    assert not box.mailbox.is_put_back


def test_a_finished_batch_cannot_be_put_back(database: MemoryDatabase) -> None:
    box = Box(database)
    publish(database, 1)
    box.next()
    box.mailbox.put_back()
    box.mailbox.finish()
    assert box.next() == []
    box.mailbox.put_back()
    assert not box.mailbox.is_put_back


# -- the position that it holds ----------------------------------------------------------------


def test_a_message_holds_the_position_until_it_is_done(database: MemoryDatabase) -> None:
    box, hub = Box(database), database.hub
    assert box.mailbox.hold is None
    start = hub.stamp
    publish(database, 1)
    database.read()
    publish(database, 2)
    database.read()
    assert box.mailbox.hold is start
    assert box.next() == [1, 2]
    assert box.mailbox.generation == start.generation + 1  # of the second: newest
    publish(database, 3)
    assert box.mailbox.hold is start
    box.mailbox.put_back()
    assert box.mailbox.hold is start
    box.next()
    box.next()
    assert box.mailbox.hold is hub.stamp
    box.next()
    assert box.mailbox.hold is None
    assert box.mailbox.generation == hub.stamp.generation


def test_volatile_messages_hold_nothing(database: MemoryDatabase) -> None:
    box = Box(database)
    database.publish_volatile("chat", n=1)
    assert box.mailbox.hold is None
    assert box.next() == [1]
    assert box.mailbox.hold is None


def test_a_replay_holds_where_it_started(database: MemoryDatabase) -> None:
    position = database.position()
    publish(database, 1, 2)
    database.read()
    box = Box(database, Since(position))
    assert box.mailbox.catching_up
    database.read()
    assert not box.mailbox.catching_up
    assert box.next() == [1, 2]
    assert box.mailbox.hold.position == position


# -- the end and a successor -------------------------------------------------------------------


def test_closing_wakes_the_owner_and_leaves_the_hub(database: MemoryDatabase) -> None:
    box = Box(database)
    box.mailbox.close()
    assert box.mailbox.closed
    assert box.calls == 1
    assert box.mailbox not in database.hub.routes
    publish(database, 1)
    assert box.mailbox.next() == []


def successor(database: MemoryDatabase, box: Box) -> list[Any]:
    """What the next mailbox gets."""
    other = Box(database, box.mailbox.close())
    taken = []
    for _ in range(5):
        taken += other.next()
        database.read()
    return taken


def test_a_successor_gets_what_was_not_finished(database: MemoryDatabase) -> None:
    box = Box(database)
    publish(database, 1)
    box.next()
    publish(database, 2)
    box.next()
    database.read()
    publish(database, 3, 4)
    assert successor(database, box) == [2, 3, 4]


@pytest.mark.parametrize(("put_back", "again"), [(False, [2]), (True, [1, 2])])
def test_closing_may_finish_the_batch_in_hand(
    database: MemoryDatabase, put_back: bool, again: list[int]
) -> None:
    box = Box(database)
    publish(database, 1)
    box.next()
    publish(database, 2)
    if put_back:
        box.mailbox.put_back()
    assert Box(database, box.mailbox.close(done=True)).next() == again


def test_a_successor_of_one_that_finished_all(database: MemoryDatabase) -> None:
    box = Box(database)
    publish(database, 1)
    box.next()
    box.next()
    database.publish_volatile("chat", n=-1)
    rest = box.mailbox.close()
    publish(database, 2)
    other = Box(database, rest)
    assert other.next() == [2]


def test_a_successor_of_one_that_finished_within_a_read(database: MemoryDatabase) -> None:
    box = Box(database)
    transaction = database.transaction()
    for number in (1, 2):
        transaction.publish("chat", n=number)
    transaction.commit(inline=False)
    hub, now = database.hub, database.position()
    rows = database.rows(hub.begin_read(now))
    hub.read(rows[:1])
    assert box.next() == [1]
    box.mailbox.finish()
    other = Box(database, box.mailbox.close())
    hub.read(rows[1:])
    hub.end_read(now)
    database.read()
    assert other.next() == [2]


def test_a_successor_of_one_that_was_not_caught_up(database: MemoryDatabase) -> None:
    position = database.position()
    publish(database, 1, 2)
    database.read()
    seen = frozenset([database.rows(position.snapshot)[0]["id"]])
    box = Box(database, Since(position, seen))
    assert successor(database, box) == [2]


def test_a_successor_of_one_in_the_middle_of_its_replay(database: MemoryDatabase) -> None:
    position = database.position()
    publish(database, 1, 2, 3)
    database.read()
    box = Box(database, Since(position))
    hub = database.hub
    hub.read(database.rows(hub.begin_read(database.position()))[:2])
    assert box.next() == [1, 2]
    assert successor(database, box) == [1, 2, 3]


def test_a_successor_of_one_that_overflowed(database: MemoryDatabase) -> None:
    box = Box(database, messages=1)
    publish(database, 1, 2, 3)
    box.next()
    box.mailbox.finish()
    assert successor(database, box) == [2, 3]


def test_a_successor_with_other_arguments(database: MemoryDatabase) -> None:
    box = Mailbox(database.hub, ToRoom, ("a",), lambda: None)
    box.start()
    for room in "ab":
        database.publish("chat", room=room)
    other = Mailbox(database.hub, ToRoom, ("b",), lambda: None)
    other.start(box.close())
    assert [message["values"]["room"] for message in other.next()] == ["b"]


def test_before_the_hub_read_there_is_no_place_to_start(database: MemoryDatabase) -> None:
    box = Box(MemoryDatabase())
    assert box.mailbox.close() is None
