"""A server on a transport in memory, and its clients."""

from __future__ import annotations

from typing import Any

from pgsocketio.errors import ConnectRefused, TemporarilyUnavailable
from pgsocketio.namespace import BaseNamespace
from pgsocketio.packet import CONNECT, Packet
from pgsocketio.server import Server
from pgsocketio.settings import ServerSettings
from pgsocketio.testing import (
    MemoryClient,
    MemoryPrepared,
    ThreadRuntime,
)


class Plain(BaseNamespace):
    calls: list[Any] = []

    def recv_connect(self) -> None:
        self.calls.append("connect")

    def recv_disconnect(self) -> None:
        self.calls.append(("disconnect", self.socket.gone))

    def on_echo(self, *args: Any) -> tuple[Any, ...]:
        return args

    def on_note(self, *args: Any) -> None:
        self.calls.append(args)

    def on_wait(self, seconds: float) -> None:
        self.socket.runtime.sleep(seconds)

    def on_away(self) -> None:
        raise TemporarilyUnavailable("the database is away")


class Refusing(Plain):
    def authenticate(self, auth: dict[str, Any]) -> None:
        if "token" not in auth:
            raise ConnectRefused("no token", {"hint": "bring one"})
        if auth["token"] == "away":
            raise TemporarilyUnavailable("the database is away")
        if auth["token"] != "good":
            raise ConnectRefused("bad token")


class Locked(Plain):
    """Whoever does not say the word is not let in."""

    def get_initial_acl(self) -> list[str]:
        return ["recv_connect", "recv_disconnect", "on_word"]

    def get_scope(self) -> Any:
        return self.socket.server.scope if self.allowed_methods is None else None

    def on_word(self, word: str) -> bool:
        if word == "open":
            self.lift_acl_restrictions()
            self.socket.server.admit(self.socket)
        return word == "open"


class Broken(Plain):
    def initialize(self) -> None:
        raise ValueError("secret")


NAMESPACES = {"/": Plain, "/refusing": Refusing, "/locked": Locked, "/broken": Broken}


class Site:
    """A server and its clients."""

    def __init__(self, runtime: ThreadRuntime) -> None:
        self.runtime = runtime
        self.settings = ServerSettings(max_queue=5, max_acks=3, max_rooms=2)
        self.server = Server(NAMESPACES, runtime, MemoryPrepared, self.settings)

    def client(self) -> MemoryClient:
        return MemoryClient(self.server)

    def say(self, client: MemoryClient, *packets: Packet) -> list[Packet]:
        """What comes back."""
        for packet in packets:
            client.send(packet)
        self.runtime.settle()
        return client.take()

    def connect(
        self, client: MemoryClient, namespace: str = "/", auth: dict[str, Any] | None = None
    ) -> list[Packet]:
        return self.say(client, Packet(CONNECT, namespace, auth))
