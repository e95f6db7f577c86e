"""One client: a connection of the transport, shared by its namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgsocketio import packet as sio
from pgsocketio.errors import InvalidPacket, LimitExceeded
from pgsocketio.packet import Packet
from pgsocketio.socket import NamespaceSocket

if TYPE_CHECKING:
    from pgsocketio.engine import Connection
    from pgsocketio.runtime import Job
    from pgsocketio.server import Server


class ClientSocket:
    """Sorts the packets of a connection by namespace. Nothing here blocks.

    :ivar session: shared by the namespaces; a dict until a framework puts its own there.
    :ivar queued: characters and bytes of its packets that wait to be handled.
    """

    __slots__ = (
        "_decoder", "_events_until", "_leaving", "_timer", "_unknown_since", "connection",
        "namespaces", "queued", "server", "session",
    )  # fmt: skip

    def __init__(self, server: Server, connection: Connection) -> None:
        self.server = server
        self.connection = connection
        self.namespaces: dict[str, NamespaceSocket] = {}
        self.session: Any = {}
        self.queued = 0
        self._decoder = sio.Decoder(server.packet_limits)
        self._leaving: tuple[NamespaceSocket, ...] = ()
        self._events_until = 0.0
        self._timer: Job | None = None
        self._unknown_since = server.runtime.monotonic()
        self._limit_time()

    def receive(self, data: str | bytes) -> None:
        """Take what the transport delivered."""
        try:
            packet = self._decoder.feed(data)
            if packet is not None:
                self._route(packet)
        except LimitExceeded as error:
            self.server.crossed(error.counter, self.connection, str(error))
            self.connection.close("limit exceeded")
        except InvalidPacket as error:
            self.server.crossed("invalid_packets", self.connection, str(error))
            self.connection.close("parse error")

    def _route(self, packet: Packet) -> None:
        socket = self.namespaces.get(packet.namespace)
        if packet.type != sio.ACK:
            self._limit_rate()
        if packet.type == sio.CONNECT:
            if socket is not None:
                raise InvalidPacket(f"{packet.namespace} is connected already")
            self._connect(packet)
        elif socket is None:
            raise InvalidPacket("a packet for a namespace that is not connected")
        elif packet.type == sio.ACK:
            if not socket.acknowledged(packet.id, packet.data):
                self._limit_rate()
        else:
            if packet.type == sio.DISCONNECT:  # behind its events; but it may connect again at once
                self._leaving += (self.namespaces.pop(socket.name),)
            socket.enqueue(packet)

    def _connect(self, packet: Packet) -> None:
        age = self.server.runtime.monotonic() - self._unknown_since
        if age > self.server.settings.auth_timeout and self.leave_unknown():
            text = "connects again and again without valid session"
            self.server.crossed("auth_timeouts", self.connection, text)
            return
        namespace_class = self.server.namespaces.get(packet.namespace)
        if namespace_class is None and self.server.loading():
            self.connection.close("forced close")  # a refusal would keep the client away for good
            return
        if namespace_class is None:
            error = {"message": "Invalid namespace"}
            self.send(Packet(sio.CONNECT_ERROR, packet.namespace, error))
            return
        limit = self.server.settings.max_namespaces
        if len(self.namespaces) + len(self._leaving) >= limit:
            text = f"more than {limit} namespaces on one connection"
            self.server.crossed("too_many_namespaces", self.connection, text)
            self.send(Packet(sio.CONNECT_ERROR, packet.namespace, {"message": text}))
            return
        socket = NamespaceSocket(self, packet.namespace, namespace_class)
        self.namespaces[packet.namespace] = socket
        socket.enqueue(packet)

    def _limit_rate(self) -> None:
        """Count a packet against the rate: it spends the time in which it would be due."""
        settings, now = self.server.settings, self.server.runtime.monotonic()
        self._events_until = max(self._events_until, now) + 1 / settings.events_per_second
        if self._events_until - now > settings.event_burst / settings.events_per_second + 1e-6:
            text = f"more than {settings.events_per_second:g} events per second"
            raise LimitExceeded("too_many_events", text)

    def _limit_time(self) -> None:
        """A transport without namespace is not kept."""
        runtime, timeout = self.server.runtime, self.server.settings.auth_timeout
        self._timer = runtime.later(timeout, self._expire)

    @property
    def sockets(self) -> tuple[NamespaceSocket, ...]:
        """Its namespaces, also those that it left while events still wait to be handled."""
        return (*self.namespaces.values(), *self._leaving)

    @property
    def busy(self) -> bool:
        """Whether an event of the client waits or is handled."""
        return any(socket.busy for socket in self.sockets)

    @property
    def _in_use(self) -> bool:
        return bool(self.namespaces or self._leaving)

    def _expire(self) -> None:
        self._timer = None
        if not self._in_use:
            text = "no namespace within the time for it"
            self.server.crossed("auth_timeouts", self.connection, text)
            self.connection.close("no namespace")

    def leave_unknown(self) -> bool:
        """Close a transport whose time is over, unless somebody was let in on it, or may wait.

        Else one could stay for ever that connects again and again, and never says who it is.

        :returns: whether it was closed.
        """
        for one in self.sockets:
            waits = one.namespace is not None and one.namespace.may_wait()
            if one.scope is not None or waits or not one.accepted:
                return False
        self.connection.close("not authenticated")
        return True

    def stop_timer(self) -> None:
        """A namespace took the client, or the transport is gone: no time is limited any more."""
        if self._timer is not None:
            self._timer.kill()
            self._timer = None

    def forget(self, socket: NamespaceSocket) -> None:
        """A namespace was left, or refused the client."""
        if self.namespaces.get(socket.name) is socket:
            del self.namespaces[socket.name]
        elif self._leaving:
            self._leaving = tuple(one for one in self._leaving if one is not socket)
        if socket.scope is not None:
            self._unknown_since = self.server.runtime.monotonic()
        if not self._in_use and self._timer is None and not self.connection.closed:
            self._limit_time()

    def send(self, packet: Packet) -> None:
        """Encode a packet and hand it to the transport."""
        parts = sio.encode(packet)
        if len(parts) == 1:
            self.connection.send(parts[0])
        else:
            self.connection.send_prepared(self.server.prepare(parts))

    def closed(self, reason: str) -> None:
        """The transport is gone."""
        self.stop_timer()
        for socket in self.sockets:
            socket.leave_server(reason)
