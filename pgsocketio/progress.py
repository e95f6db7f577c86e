"""How far a client is in the message log, and where it takes up again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from pgsocketio import packet as sio
from pgsocketio import wire
from pgsocketio.packet import Packet
from pgsocketio.position import Position, Since, Stamp

if TYPE_CHECKING:
    from pgsocketio.engine import Prepared
    from pgsocketio.server import Scope
    from pgsocketio.socket import NamespaceSocket

_NOTHING: Mapping[str, frozenset[int]] = {}


class Listening(Protocol):
    """Something that messages go to: a mailbox, a subscription."""

    @property
    def hold(self) -> Stamp | None: ...
    @property
    def catching_up(self) -> bool: ...


class PositionPackets:
    """Equal positions share one packet.

    :param prepare: makes the transport's form of an encoded packet.
    """

    def __init__(self, prepare: Callable[[Sequence[str | bytes]], Prepared]) -> None:
        self._prepare = prepare
        self._stamp: Stamp | None = None
        self._by_namespace: dict[str, Prepared] = {}

    def packet(self, namespace: str, stamp: Stamp) -> Prepared:
        """The event that tells a position; made anew only for another stamp than before."""
        if stamp is not self._stamp:
            self._stamp, self._by_namespace = stamp, {}
        prepared = self._by_namespace.get(namespace)
        if prepared is None:
            told = {"p": str(stamp.position), "g": stamp.generation}
            packet = Packet(sio.EVENT, namespace, [wire.POSITION, told, None])
            prepared = self._by_namespace[namespace] = self._prepare(sio.encode(packet))
        return prepared


class Progress:
    """The position of one client on one namespace.

    :param auth: what it brought; position and seen ids hold until the first new position.
    """

    __slots__ = ("_brought", "_connected_at", "_resume", "_seen", "_told", "mark")

    def __init__(self, auth: wire.Auth, now: float) -> None:
        self._brought = auth.position
        self._seen = auth.seen if auth.position else _NOTHING
        self._connected_at = now
        self._resume: Position | None = None
        self._told: Position | None = None
        self.mark: Since | None = None

    def enter(self, scope: Scope) -> bool | None:
        """Take up where the client stood.

        :returns: whether everything since then will follow; None: it did not stand anywhere.
        """
        self.mark = scope.hub.mark() if scope.hub is not None else None
        if self._brought is None:
            return None
        self._resume = self._told = scope.resume(self._brought)
        return self._resume is not None

    def since(self, reader: str) -> Since | None:
        """Where a reader of this client starts: where the client stood, less what it has seen."""
        if self._resume is None:
            return None
        return Since(self._resume, self._seen.get(reader, frozenset()))

    def tell(
        self, socket: NamespaceSocket, listening: Iterable[Listening], force: bool = False
    ) -> None:
        """Tell a versioned client its position, when that changed."""
        stamp = self._position(socket, list(listening))
        if stamp is None or (stamp.position == self._told and not force):
            return
        self._told, self._resume, self._seen = stamp.position, None, _NOTHING
        if socket.gone is None:
            packet = socket.server.positions.packet(socket.name, stamp)
            socket.client.connection.send_prepared(packet)

    def _position(self, socket: NamespaceSocket, listening: list[Listening]) -> Stamp | None:
        """The oldest place that something still needs; None when there is none to tell."""
        if socket.version is None or socket.scope is None or socket.scope.hub is None:
            return None
        age = socket.runtime.monotonic() - self._connected_at
        if self._resume is not None and age < socket.settings.resume_window:
            return None  # handlers that have not listened yet start from there
        if any(one.catching_up for one in listening):
            return None
        holds = [hold for hold in (one.hold for one in listening) if hold is not None]
        now = socket.scope.hub.stamp
        oldest = min(holds, key=lambda stamp: stamp.generation, default=now)
        return oldest if oldest is None or oldest.generation >= 0 else None
