"""How far a client is in the message log, and where it takes up again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from pgsocketio import packet as sio
from pgsocketio import wire
from pgsocketio.packet import Packet
from pgsocketio.position import Position, Since, Stamp

if TYPE_CHECKING:
    from pgsocketio.engine import Prepared
    from pgsocketio.scope import Scope
    from pgsocketio.server import Server
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
        self._made: dict[tuple[Any, ...], Prepared] = {}

    def packet(self, namespace: str, stamp: Stamp) -> Prepared:
        """The event that tells a position."""
        return self._shared(stamp, namespace)

    def welcome(self, namespace: str, stamp: Stamp, recovered: bool | None) -> Prepared:
        """What a client is told that was let in, and that starts from a position."""
        return self._shared(stamp, namespace, [wire.READY, {"recovered": recovered}, None])

    def _shared(self, stamp: Stamp, namespace: str, *before: Any) -> Prepared:
        """Made anew only for another stamp than before."""
        if stamp is not self._stamp:
            self._stamp, self._made = stamp, {}
        key = (namespace, str(before))
        if key not in self._made:
            told = {"p": str(stamp.position), "g": stamp.generation}
            events = [*before, [wire.POSITION, told, None]]
            packets = [sio.encode(Packet(sio.EVENT, namespace, event)) for event in events]
            self._made[key] = self._prepare([part for parts in packets for part in parts])
        return self._made[key]


def keep_telling(server: Server) -> None:
    """Tell clients their positions for ever; the loop of a job.

    Each client once per ``position_interval``, and within a second those that got
    ``position_burst`` messages meanwhile: what a client has seen since its position is short then.
    """
    settings, now = server.settings, server.runtime.monotonic
    due, sent = now() + settings.position_interval, 0
    while True:
        server.runtime.sleep(min(1.0, settings.position_interval))
        sent, before = sum(each.sent for each in server.traffic.values()), sent
        if now() >= due:
            due = now() + settings.position_interval
            server.tell_positions()
        elif sent != before:  # an idle server does not look at its clients
            server.tell_positions(settings.position_burst)


class Progress:
    """The position of one client on one namespace.

    :param auth: what it brought; position and seen ids hold until the first new position.
    :ivar sent: messages that the client was sent since it was told a position.
    """

    __slots__ = (
        "_brought", "_missed", "_news", "_resume", "_seen", "_told", "connected_at", "mark",
        "sent",
    )  # fmt: skip

    def __init__(self, auth: wire.Auth, now: float) -> None:
        self._brought = auth.position
        self._seen = auth.seen if auth.position else _NOTHING
        self.connected_at = now
        self._resume: Position | None = None
        self._told: Position | None = None
        self._news: int | None = None  # of the hub, when the client was told that it is level
        self._missed: int | None = None
        self.mark: Since | None = None
        self.sent = 0

    def enter(self, scope: Scope) -> bool | None:
        """Take up where the client stood.

        :returns: whether everything since then will follow; None: it did not stand anywhere.
        """
        self.mark = scope.hub.mark() if scope.hub is not None else None
        if self._brought is None:
            return None
        self._resume = self._told = scope.resume(self._brought)
        return self._resume is not None

    def must_tell(self, generation: int) -> bool:
        """Whether the client is to hear that something is lost: once for all its listeners.

        :param generation: of the hub, at the read that found it so.
        """
        before, self._missed = self._missed, generation
        return before != generation

    def since(self, reader: str) -> Since | None:
        """Where a reader of this client starts: where the client stood, less what it has seen."""
        if self._resume is None:
            return None
        return Since(self._resume, self._seen.get(reader, frozenset()))

    def greet(self, socket: NamespaceSocket, recovered: bool | None) -> None:
        """Tell a versioned client that it was let in, and where it starts, unless it goes on."""
        stamp = None if recovered else self._position(socket)
        if stamp is None:
            socket.emit(wire.READY, [{"recovered": recovered}])
            return
        self._take_up(socket, stamp)
        packet = socket.server.positions.welcome(socket.name, stamp, recovered)
        socket.client.connection.send_prepared(packet)
        socket.traffic.sent += 1

    def tell(self, socket: NamespaceSocket) -> None:
        """Tell a versioned client its position, when that changed."""
        if self._news is not None and self._news == socket.hub.news:
            self.sent = 0
            return  # with nothing published in between, one place is as good as the other
        stamp = self._position(socket)
        if stamp is None:
            return
        self.sent = 0
        if stamp.position == self._told:
            return
        self._take_up(socket, stamp)
        if socket.gone is None:
            packet = socket.server.positions.packet(socket.name, stamp)
            socket.client.connection.send_prepared(packet)

    def _take_up(self, socket: NamespaceSocket, stamp: Stamp) -> None:
        self._told, self._resume, self._seen = stamp.position, None, _NOTHING
        self._news = _news(socket, stamp)

    def _position(self, socket: NamespaceSocket) -> Stamp | None:
        """The oldest place that something still needs; None when there is none to tell."""
        if socket.version is None or socket.scope is None or socket.scope.hub is None:
            return None
        now = socket.scope.hub.stamp
        if self._resume is not None and not self._is_settled(socket, now):
            return None
        listening: Sequence[Listening] = socket.listeners.all
        if any(one.catching_up for one in listening):
            return None
        holds = [hold for hold in (one.hold for one in listening) if hold is not None]
        oldest = min(holds, key=lambda stamp: stamp.generation, default=now)
        return oldest if oldest is None or oldest.generation >= 0 else None

    def _is_settled(self, socket: NamespaceSocket, now: Stamp | None) -> bool:
        """Whether a client that came back needs its old position no more.

        Handlers that have not listened yet start from there; and only a read that began after the
        client came covers all that it saw at another server process.
        """
        age = socket.runtime.monotonic() - self.connected_at
        if self.mark is None or now is None or age < socket.settings.resume_window:
            return False
        return not self._seen or now.generation >= self.mark.generation + 2


def _news(socket: NamespaceSocket, stamp: Stamp) -> int | None:
    """What the hub counts at its own place; None at a place that it left behind."""
    hub = None if socket.scope is None else socket.scope.hub
    return hub.news if hub is not None and stamp is hub.stamp else None
