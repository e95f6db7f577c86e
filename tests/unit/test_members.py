"""Rooms and broadcasts: who is in gets it, encoded once, and nobody else does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from pgsocketio.errors import HandlerError
from pgsocketio.namespace import BaseNamespace
from pgsocketio.scope import LocalScope
from pgsocketio.testing import NamespaceDriver


class Chat(BaseNamespace):
    def on_join(self, room: str) -> None:
        self.join(room)

    def on_leave(self, room: str) -> None:
        self.leave(room)

    def on_room(self, room: str, *args: Any) -> None:
        self.emit_to_room(room, "said", *args)

    def on_all(self, *args: Any) -> None:
        self.broadcast_event("said", *args)

    def on_others(self, *args: Any) -> None:
        self.broadcast_event_not_me("said", *args)


class Other(Chat):
    pass


class Elsewhere(Chat):
    """The same namespace name cannot be had twice; this one has a scope of its own."""

    def get_scope(self) -> Any:
        return LocalScope(self.socket.server, "elsewhere")


class Outside(Chat):
    def get_scope(self) -> Any:
        return None


@pytest.fixture
def clients() -> Iterator[list[NamespaceDriver]]:
    with NamespaceDriver(Chat) as first:
        yield [first, *(NamespaceDriver(Chat, beside=first) for _ in range(2))]


def heard(clients: Sequence[NamespaceDriver]) -> list[int]:
    """How many events each client got."""
    return [len(client.take()) for client in clients]


def test_broadcasts(clients: list[NamespaceDriver]) -> None:
    clients[0].emit("all", 1)
    assert [client.take() for client in clients] == [[("said", [1])]] * 3
    clients[0].emit("others", 1)
    assert heard(clients) == [0, 1, 1]


def test_a_room_is_heard_by_the_others_in_it(clients: list[NamespaceDriver]) -> None:
    for client in clients[:2]:
        client.emit("join", "garden")
    clients[0].emit("room", "garden", b"x")
    assert [client.take() for client in clients] == [[], [("said", [b"x"])], []]
    clients[2].emit("room", "garden")
    assert heard(clients) == [1, 1, 0]
    clients[2].emit("room", "nowhere")
    assert heard(clients) == [0, 0, 0]


def test_leaving_a_room(clients: list[NamespaceDriver]) -> None:
    clients[1].emit("join", "garden")
    clients[1].emit("join", "garden")
    clients[1].emit("leave", "garden")
    clients[1].emit("leave", "never entered")
    clients[0].emit("room", "garden")
    assert heard(clients) == [0, 0, 0]


@pytest.mark.parametrize("way", ["disconnect", "drop"])
def test_who_is_gone_is_in_no_room(clients: list[NamespaceDriver], way: str) -> None:
    for client in clients:
        client.emit("join", "garden")
    getattr(clients[1], way)()
    clients[0].emit("room", "garden")
    clients[0].emit("all")
    assert heard(clients) == [1, 0, 2]
    for client in (clients[0], clients[2]):
        client.drop()
    assert not clients[0].server.members._sets


def test_nobody_outside_hears_anything(clients: list[NamespaceDriver]) -> None:
    strangers = [NamespaceDriver(kind, beside=clients[0]) for kind in (Other, Elsewhere, Outside)]
    for client in strangers:
        client.emit("join", "garden")
    clients[0].emit("join", "garden")
    heard(strangers)
    clients[1].emit("room", "garden")
    clients[1].emit("all")
    assert heard(strangers) == [0, 0, 0]
    assert heard(clients) == [2, 1, 1]


def test_who_is_not_let_in_cannot_speak_to_all(clients: list[NamespaceDriver]) -> None:
    outside = NamespaceDriver(Outside, beside=clients[0])
    with pytest.raises(HandlerError, match="not validated"):
        outside.namespace.broadcast_event("said")


def test_versioned_clients_get_an_envelope_and_each_form_is_encoded_once() -> None:
    with NamespaceDriver(Chat) as plain:
        everyone = [plain]
        everyone += [NamespaceDriver(Chat, {"v": 1}, beside=plain) for _ in range(2)]
        everyone += [NamespaceDriver(Chat, beside=plain)]
        for client in everyone:
            client.take()
        made: list[Any] = []
        members, prepare = plain.server.members, plain.server.members._prepare
        members._prepare = lambda parts: made.append(parts) or prepare(parts)
        plain.emit("all", 1)
        assert [client.take()[0][1] for client in everyone] == [[1], [1, None], [1, None], [1]]
        assert len(made) == 2


def test_long_broadcasts_give_way(clients: list[NamespaceDriver]) -> None:
    members, breaths = clients[0].server.members, []
    members._batch, members._breathe = 2, lambda: breaths.append(clients[2].namespace)
    clients[0].emit("all")
    assert len(breaths) == 1


def test_who_leaves_during_a_broadcast_gets_nothing_more(clients: list[NamespaceDriver]) -> None:
    members, last = clients[0].server.members, clients[2].namespace
    members._batch, members._breathe = 2, lambda: last.disconnect(silent=True)
    clients[0].emit("all")
    assert heard(clients) == [1, 1, 0]
