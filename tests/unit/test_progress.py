"""The position that a client is told: never ahead of what it has got."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pgsocketio.namespace import BaseNamespace
from pgsocketio.packet import Packet
from pgsocketio.position import Since
from pgsocketio.testing import NamespaceDriver
from pgsocketio.wire import POSITION

from .listeners import All


class Listening(BaseNamespace):
    """Emits batch by batch, and waits for each acknowledgement."""

    def on_listen(self) -> None:
        self.spawn(self.listen)

    def listen(self) -> None:
        reader = self.socket.jobs.reader(All)
        while True:
            messages = reader.listen()
            reader.secure_emit("say", [message["values"]["n"] for message in messages])


class Watch:
    """A client, what was said to it, and the positions that it was told."""

    def __init__(self, client: NamespaceDriver) -> None:
        self.client = client
        self.said: list[Packet] = []
        self.positions: list[Any] = []
        self.look()

    def look(self) -> None:
        for packet in self.client.packets():
            if packet.data[0] == POSITION:
                self.positions.append(packet.data[1])
            elif packet.data[0] == "say":
                self.said.append(packet)

    def told(self) -> Any:
        """What it is told now, None when nothing."""
        self.look()
        self.positions.clear()
        self.client.server.tell_positions()
        self.look()
        assert len(self.positions) <= 1
        return self.positions[0] if self.positions else None

    def acknowledge(self) -> None:
        """Acknowledge what was said last."""
        self.look()
        self.client.acknowledge(self.said[-1])

    def publish(self, number: int, channel: str = "chat") -> None:
        """Publish, and let a read cover it."""
        self.client.database.publish(channel, n=number)
        self.client.settle()
        self.client.database.read()

    def now(self) -> dict[str, Any]:
        """The position of the hub, as it would be told."""
        stamp = self.client.database.hub.stamp
        assert stamp is not None
        return {"p": str(stamp.position), "g": stamp.generation}


@pytest.fixture
def page() -> Iterator[Watch]:
    with NamespaceDriver(Listening, {"v": 1}) as driver:
        driver.emit("listen")
        yield Watch(driver)


def test_it_is_told_at_once_when_let_in(page: Watch) -> None:
    assert page.positions == [page.now()]


def test_it_advances_also_when_nothing_came(page: Watch) -> None:
    assert page.told() is None  # nothing changed
    page.publish(1, "for others")
    assert page.told() == page.now()
    assert page.told() is None


def test_a_plain_client_is_told_nothing() -> None:
    with NamespaceDriver(Listening) as client:
        plain = Watch(client)
        plain.publish(1)
        assert plain.told() is None
        assert plain.positions == []


def test_it_waits_for_what_is_not_acknowledged(page: Watch) -> None:
    page.publish(1)
    assert page.told() is None
    covered = page.now()
    page.publish(2)
    assert page.told() is None
    page.acknowledge()
    assert page.told() == covered  # the second waits for its acknowledgement
    page.acknowledge()
    page.client.settle()
    assert page.told() == page.now()
    assert [packet.data[1] for packet in page.said] == [[1], [2]]


def test_it_waits_for_a_listener_that_is_being_caught_up(page: Watch) -> None:
    since = Since(page.client.database.position())
    page.publish(1)
    page.acknowledge()
    namespace = page.client.namespace
    namespace.spawn(namespace.socket.listeners.new_reader(All, "late", since).listen)
    page.client.runtime.settle()
    assert page.client.database.wanted  # a read, that did not happen yet
    page.client.server.tell_positions()
    page.positions.clear()
    page.look()
    assert page.positions == []


@pytest.fixture
def back(page: Watch) -> Watch:
    """A client that returns to where it stood, a message later."""
    position = page.now()["p"]
    page.publish(1)
    auth = {"v": 1, "position": position}
    return Watch(NamespaceDriver(Listening, auth, beside=page.client))


def test_who_resumed_is_told_nothing_before_its_handlers_listen(back: Watch) -> None:
    assert back.positions == []
    assert back.told() is None
    back.client.advance(5)
    back.client.emit("listen")
    back.look()
    assert [packet.data[1] for packet in back.said] == [[1]]
    back.client.advance(6)
    assert back.told() is None  # its message is not acknowledged
    back.acknowledge()
    assert back.told() == back.now()


def test_who_resumed_and_does_not_listen_is_told_after_a_while(back: Watch) -> None:
    back.client.advance(9)
    assert back.told() is None
    back.client.advance(2)
    assert back.told() == back.now()


def test_who_resumed_is_not_told_its_own_position_again(page: Watch) -> None:
    """It would forget ids that this position does not cover."""
    auth = {"v": 1, "position": page.now()["p"]}
    back = Watch(NamespaceDriver(Listening, auth, beside=page.client))
    back.client.advance(20)
    assert back.told() is None
    back.publish(1, "for others")
    assert back.told() == back.now()


def test_who_saw_something_elsewhere_is_told_only_what_covers_it(page: Watch) -> None:
    """A read that was under way when the client came may have begun before it saw that."""
    position = page.now()["p"]
    page.publish(1)
    auth = {"v": 1, "position": position, "seen": {"0123456789ab": [1]}}
    back = Watch(NamespaceDriver(Listening, auth, beside=page.client))
    back.client.advance(20)
    back.client.database.read()
    assert back.told() is None
    back.client.database.read()
    assert back.told() == back.now()


def test_who_cannot_be_caught_up_stands_behind_all_that_it_has_seen(page: Watch) -> None:
    """It forgets the ids it has seen; so no later place to start from may lie before them."""
    page.look()
    first = page.positions[0]["p"]
    database = page.client.database
    page.publish(1)
    database.trim()
    database.publish("chat", n=2)  # heard by NOTIFY, and not covered by a read yet
    page.acknowledge()
    page.acknowledge()
    assert [packet.data[1] for packet in page.said] == [[1], [2]]
    page.client.drop()
    auth = {"v": 1, "position": first, "seen": {page.said[0].data[-1]["s"]: [1, 2]}}
    back = Watch(NamespaceDriver(Listening, auth, beside=page.client))
    position = back.positions[0]["p"]
    back.client.drop()
    again = NamespaceDriver(Listening, {"v": 1, "position": position}, beside=page.client)
    again.emit("listen")
    database.publish("chat", n=3)
    assert [args[0] for name, args in again.take() if name == "say"] == [[3]]
