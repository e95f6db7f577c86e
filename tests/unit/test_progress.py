"""The position that a client is told: never ahead of what it has got."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pgsocketio.namespace import BaseNamespace
from pgsocketio.server import ServerSettings
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


@pytest.fixture
def client() -> Iterator[NamespaceDriver]:
    with NamespaceDriver(Listening, {"v": 1}) as driver:
        driver.emit("listen")
        driver.take()
        yield driver


def told(client: NamespaceDriver) -> Any:
    """What it is told now, None when nothing."""
    client.server.tell_positions()
    positions = [args[0] for name, args in client.take() if name == POSITION]
    assert len(positions) <= 1
    return positions[0] if positions else None


def now(client: NamespaceDriver) -> dict[str, Any]:
    stamp = client.database.hub.stamp
    assert stamp is not None
    return {"p": str(stamp.position), "g": stamp.generation}


def test_it_advances_also_when_nothing_came(client: NamespaceDriver) -> None:
    assert told(client) is None  # as it was told when it was let in
    client.database.publish("for others", n=1)
    client.database.read()
    assert told(client) == now(client)
    assert told(client) is None


def test_a_plain_client_is_told_nothing() -> None:
    with NamespaceDriver(Listening) as client:
        client.database.publish("chat", n=1)
        client.database.read()
        assert told(client) is None
        assert client.take() == []


def test_it_waits_for_what_is_not_acknowledged(client: NamespaceDriver) -> None:
    client.database.publish("chat", n=1)
    client.database.read()
    [packet] = client.packets()
    assert told(client) is None
    client.database.publish("chat", n=2)
    client.database.read()
    assert told(client) is None
    client.acknowledge(packet)
    between = told(client)
    [packet] = [packet for packet in client.packets() if packet.data[0] == "say"] or [None]
    assert between is None or between["g"] < now(client)["g"]
    if packet is None:
        packet = client.namespace  # taken by told() above
    client.advance(15)
    again = next(one for one in client.packets() if one.data[0] == "say")
    assert again.data[1] == [2]
    client.acknowledge(again)
    assert told(client) == now(client)


def test_who_resumed_is_told_nothing_before_its_handlers_listen() -> None:
    with NamespaceDriver(Listening, {"v": 1}, settings=ServerSettings(resume_window=10)) as first:
        position = str(first.database.position())
        first.database.publish("chat", n=1)
        first.database.read()
        back = NamespaceDriver(Listening, {"v": 1, "position": position}, beside=first)
        assert told(back) is None
        back.advance(5)
        back.emit("listen")
        [packet] = [packet for packet in back.packets() if packet.data[0] == "say"]
        assert packet.data[1] == [1]
        back.advance(6)
        assert told(back) is None  # its message is not acknowledged
        again = [packet for packet in back.packets() if packet.data[0] == "say"]
        back.acknowledge((again or [packet])[-1])
        assert told(back) == now(back)


def test_who_resumed_is_not_told_its_own_position_again() -> None:
    """It would forget ids that this position does not cover."""
    with NamespaceDriver(Listening, {"v": 1}) as first:
        position = str(first.database.position())
        back = NamespaceDriver(Listening, {"v": 1, "position": position}, beside=first)
        back.advance(20)
        assert told(back) is None
        back.database.publish("for others", n=1)
        back.database.read()
        assert told(back) == now(back)
