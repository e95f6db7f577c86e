"""A handler that outlives its client leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from pgsocketio.namespace import BaseNamespace
from pgsocketio.scope import Scope
from pgsocketio.server import Server
from pgsocketio.subscription import Subscription
from pgsocketio.testing import NamespaceDriver

from .listeners import All


class Late(BaseNamespace):
    """Its handler does something when the client has left already."""

    did: list[Any] = []

    def on_late(self, what: str) -> None:
        self.socket.runtime.sleep(5.0)
        getattr(self, what)()
        self.did.append(what)

    def acknowledged(self) -> None:
        self.subscribe("say", All, acknowledged=True)

    def plain(self) -> None:
        self.subscribe("say", All)

    def listening(self) -> None:
        self.socket.jobs.reader(All).listen()

    def room(self) -> None:
        self.join("attic")

    def job(self) -> None:
        self.spawn(self.did.append, "job ran")

    def asking(self) -> None:
        assert not self.socket.emit_and_wait("say", ["anybody?"])


def _drop(client: NamespaceDriver) -> None:
    client.drop()


def _kick(client: NamespaceDriver) -> None:
    client.namespace.socket.disconnect(reason="kicked")
    client.settle()


@pytest.mark.parametrize("leave", [_drop, _kick])
@pytest.mark.parametrize("what", ["acknowledged", "plain", "listening", "room", "job", "asking"])
def test_nothing_is_left_behind(what: str, leave: Callable[[NamespaceDriver], None]) -> None:
    Late.did.clear()
    with NamespaceDriver(Late, {"v": 1}) as client:
        hub, server = client.database.hub, client.server
        client.emit("late", what)
        leave(client)
        client.advance(6.0)
        assert Late.did == ([] if what == "listening" else [what])  # listen() ends the handler
        assert (len(hub.routes), hub.replaying, server.running) == (0, False, 0)
        assert server.members.counts() == {}
        client.database.publish("chat", n=1)
        client.advance(300.0)
        assert server.counters["undelivered"] == 0


class SlowPlace:
    """A scope in which it takes a second to find out whether a position is good."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def resume(self, token: str) -> Any:
        self._server.runtime.sleep(1.0)
        return self._server.scope.resume(token)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server.scope, name)


class Slow(BaseNamespace):
    """Finds its scope after a second, and its place there after another one."""

    subscriptions = [Subscription("say", All)]
    let_in: list[Any] = []

    def get_scope(self) -> Scope:
        self.socket.runtime.sleep(1.0)
        return cast(Scope, SlowPlace(self.socket.server))

    def admitted(self) -> None:
        self.let_in.append(self)


def slow_client() -> NamespaceDriver:
    Slow.let_in.clear()
    first = NamespaceDriver(Late)
    position = str(first.database.position())
    return NamespaceDriver(Slow, {"v": 1, "position": position}, beside=first)


def test_who_leaves_before_it_was_let_in_is_not_there() -> None:
    client = slow_client()
    with client.runtime:
        client.advance(1.5)
        client.drop()
        client.advance(5.0)
        assert Slow.let_in == []
        assert (len(client.database.hub.routes), client.database.hub.replaying) == (0, False)
        assert client.server.members.count("memory") == 1  # who came first


@pytest.mark.parametrize("after", [0.5, 1.5])
def test_another_namespace_of_the_connection_may_let_it_in_meanwhile(after: float) -> None:
    client = slow_client()
    with client.runtime:
        client.advance(after)
        client.runtime.spawn(client.server.admit, client.namespace.socket)
        client.advance(5.0)
        assert len(Slow.let_in) == 1
        client.database.publish("chat", n=1)
        names = [name for name, _args in client.take()]
        assert names == ["web_socketio:ready", "say"]
