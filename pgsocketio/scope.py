"""Where clients meet: a database, or a server process without any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from pgsocketio.hub import Hub
from pgsocketio.members import Target
from pgsocketio.position import Position

if TYPE_CHECKING:
    from pgsocketio.server import Server


class Backplane(Protocol):
    """Acts on the sockets of the whole system."""

    def emit(
        self, namespace: str, event: str, args: Sequence[Any], room: str | None, skip: str | None
    ) -> None:
        """Send an event to the clients of a namespace or of a room in it.

        :param skip: the Socket.IO sid of a client to leave out.
        """

    def kick(self, target: Target, reason: str) -> None:
        """Close the clients that are meant.

        :param reason: what they are told.
        """


class Scope(Protocol):
    """What clients share that may meet: a database, or the whole of a process without any."""

    name: str
    hub: Hub | None
    backplane: Backplane

    def resume(self, token: str) -> Position | None:
        """A client's position, when everything after it can still be sent; else None.

        Then all that was published before lies behind the position of the hub.
        """


class LocalScope:
    """A scope without database: rooms and broadcasts of this process alone."""

    hub: Hub | None = None

    def __init__(self, server: Server, name: str = "") -> None:
        self.name = name
        self._members = server.members
        self.backplane: Backplane = self

    def emit(
        self, namespace: str, event: str, args: Sequence[Any], room: str | None, skip: str | None
    ) -> None:
        self._members.emit(self.name, namespace, event, args, room, skip)

    def kick(self, target: Target, reason: str) -> None:
        self._members.kick(self.name, target, reason)

    def resume(self, token: str) -> Position | None:
        return None
