"""The Socket.IO server: namespaces and their clients, on top of the engine."""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from pgsocketio import packet as sio
from pgsocketio.client import ClientSocket
from pgsocketio.errors import ConnectRefused, HandlerError, NotEncodable, TemporarilyUnavailable
from pgsocketio.feed import Feed, Kind
from pgsocketio.measure import Traffic
from pgsocketio.members import Members
from pgsocketio.namespace import BaseNamespace, Refused
from pgsocketio.packet import Packet
from pgsocketio.progress import PositionPackets
from pgsocketio.quiet_log import QuietLog
from pgsocketio.runtime import Runtime
from pgsocketio.scope import LocalScope, Scope
from pgsocketio.settings import ServerSettings
from pgsocketio.socket import NamespaceSocket

if TYPE_CHECKING:
    from pgsocketio.engine import Connection, Prepared

logger = logging.getLogger("pgsocketio.server")


class Server:
    """Namespaces and their clients; the engine's application.

    :ivar scope: where clients of namespaces without database meet.
    :ivar databases: the scopes of namespaces that choose one, by name.
    :ivar counters: what happened how often, for all namespaces.
    :ivar packet_limits: bounds of a packet from a client.
    :ivar traffic: events by scope and namespace.
    :ivar draining: whether the process is about to end.
    :ivar running: how many clients have events handled just now.
    :ivar forget: called with each client whose connection is gone.
    :ivar loading: whether namespaces may still be added that clients of an earlier process know.

    :param namespaces: class by name; looked up at each connect, so it may grow.
    :param runtime: how to spawn and wait.
    :param prepare: makes the transport's form of an encoded packet.
    """

    def __init__(
        self,
        namespaces: Mapping[str, type[BaseNamespace]],
        runtime: Runtime,
        prepare: Callable[[Sequence[str | bytes]], Prepared],
        settings: ServerSettings = ServerSettings(),
    ) -> None:
        self.namespaces = namespaces
        self.runtime = runtime
        self.prepare = prepare
        self.settings = settings
        self.packet_limits = sio.PacketLimits(
            settings.max_attachments, settings.max_payload, settings.max_depth
        )
        self.counters: Counter[str] = Counter()
        self.traffic: dict[tuple[str, str], Traffic] = {}
        self._log = QuietLog(logger, runtime.monotonic, 60.0)
        self._feeds: WeakValueDictionary[Kind, Feed] = WeakValueDictionary()
        self.positions = PositionPackets(prepare)
        self.members = Members(prepare, lambda: runtime.sleep(0))
        self.scope: Scope = LocalScope(self)
        self.databases: dict[str, Any] = {}
        self.draining = False
        self.running = 0
        self.loading: Callable[[], bool] = lambda: False
        self.forget: Callable[[ClientSocket], None] = lambda client: None
        self.new_sid: Callable[[], str] = lambda: secrets.token_urlsafe(15)

    # -- the engine's application ------------------------------------------------------------

    def on_open(self, connection: Connection) -> None:
        connection.data = ClientSocket(self, connection)

    def on_message(self, connection: Connection, data: str | bytes) -> None:
        connection.data.receive(data)

    def on_close(self, connection: Connection, reason: str) -> None:
        connection.data.closed(reason)
        self.forget(connection.data)
        connection.data = None

    def crossed(self, counter: str, connection: Connection, text: str) -> None:
        """A client went too far: count it, and log one line per kind and minute."""
        self.counters[counter] += 1
        self._log.line(counter, "a client at %s: %s", connection.address, text)

    def sent_away(self, socket: NamespaceSocket, error: TemporarilyUnavailable) -> None:
        """Close the transport of a client, which comes back; one line per reason and minute."""
        self.counters["sent_away"] += 1
        text = "a client of %s is sent away for now: %s"
        self._log.line(f"sent away: {error}", text, socket.name, error)
        socket.client.connection.leave()

    def traffic_of(self, scope: str, namespace: str) -> Traffic:
        """What is counted of a namespace in a scope; '' before its clients are let into one."""
        return self.traffic.setdefault((scope, namespace), Traffic())

    # -- clients -----------------------------------------------------------------------------

    def environ(self, socket: NamespaceSocket) -> dict[str, Any]:
        """The WSGI environ of a client's handshake; a framework may know more of it."""
        return {**socket.client.connection.environ, "socketio": socket}

    def feed(self, kind: Kind) -> Feed:
        """What subscriptions of a kind share, as long as there are any."""
        feed = self._feeds.get(kind)
        if feed is None:
            feed = self._feeds[kind] = Feed(kind, self.prepare)
        return feed

    def create(
        self, socket: NamespaceSocket, namespace_class: type[BaseNamespace]
    ) -> BaseNamespace:
        """Make a client's namespace. May block.

        :raises ConnectRefused: to refuse the client.
        """
        return namespace_class({"socketio": socket}, socket.name)

    def connected(self, socket: NamespaceSocket) -> None:
        """A client was accepted by its namespace."""
        assert socket.namespace is not None
        self.counters["connects"] += 1
        if not self.admit(socket):
            self.runtime.later(self.settings.auth_timeout, lambda: self._expire(socket))
        self._guard(socket, "recv_connect", {"type": "connect"})

    def admit(self, socket: NamespaceSocket) -> bool:
        """Let a client into the scope its namespace names.

        :returns: whether it is in; a namespace without scope waits for credentials.
        """
        assert socket.namespace is not None
        if socket.scope is None and socket.accepted:
            try:
                scope = socket.namespace.get_scope()
            except ConnectRefused as error:
                socket.disconnect(reason=str(error))
                return False
            if scope is not None and socket.gone is None:
                socket.admit(scope)
        return socket.scope is not None

    def _expire(self, socket: NamespaceSocket) -> None:
        waits = socket.namespace is not None and socket.namespace.may_wait()
        if socket.scope is None and socket.gone is None and not waits:
            text = "no valid session within the time for it"
            self.crossed("auth_timeouts", socket.client.connection, text)
            socket.disconnect(reason=text)
            socket.client.leave_unknown()

    def disconnected(self, socket: NamespaceSocket) -> None:
        """A client is gone: tell its namespace, end its jobs."""
        self.counters["disconnects"] += 1
        self.running += 1
        try:
            self._guard(socket, "recv_disconnect", {"type": "disconnect"})
        finally:
            socket.jobs.kill()
            self.running -= 1

    def _guard(self, socket: NamespaceSocket, method: str, packet: dict[str, Any]) -> None:
        assert socket.namespace is not None
        packet |= {"endpoint": socket.name, "name": method, "args": []}
        try:
            _process(socket.namespace, packet)
        except Exception as error:
            socket.emit("error", [self._describe(socket.namespace, error, method)])

    def tell_positions(self, least: int = 0) -> None:
        """Tell versioned clients how far they are.

        :param least: only those that were sent as many messages since they were told.
        """
        for socket in self.members.all():
            if socket.progress.sent >= least:
                socket.progress.tell(socket)

    # -- events ------------------------------------------------------------------------------

    def dispatch(self, socket: NamespaceSocket, packet: Packet) -> None:
        """Call the handler of an event, and acknowledge it with what that returns."""
        assert socket.namespace is not None
        socket.traffic.received += 1
        name, *args = packet.data
        try:
            result = _process(socket.namespace, self._as_dict(packet, name, args))
        except TemporarilyUnavailable:
            raise  # no error of the event's: the client comes back
        except Exception as error:
            method = f"on_{name.replace(' ', '_')}"
            failure = self._describe(socket.namespace, error, method)
            self._answer(socket, packet.id, failure=failure)
            return
        if isinstance(result, Refused):
            if packet.id is not None:
                self._answer(socket, packet.id, failure=result._asdict())
            return
        if packet.id is not None:
            try:
                self._answer(socket, packet.id, result)
            except NotEncodable as error:
                logger.error("what %r of %s returned cannot travel: %s", name, socket.name, error)
                failure = {"name": "NotEncodable", "message": "the answer cannot travel as JSON"}
                self._answer(socket, packet.id, failure=failure)

    @staticmethod
    def _as_dict(packet: Packet, name: str, args: list[Any]) -> dict[str, Any]:
        """A packet in the shape of gevent-socketio."""
        shared = {"endpoint": packet.namespace, "id": packet.id, "name": name, "args": args}
        if packet.id is not None:
            shared["ack"] = "data"
        if name == "message" and len(args) == 1:
            kind = "message" if isinstance(args[0], str) else "json"
            return {**shared, "type": kind, "data": args[0]}
        return {**shared, "type": "error" if name == "error" else "event"}

    @staticmethod
    def _describe(namespace: BaseNamespace, error: Exception, method: str) -> dict[str, str]:
        if isinstance(error, HandlerError):
            failure = {"name": error.name, "message": str(error)}
        else:
            failure = namespace.exception_handler(error, method)
        # It may quote what the client sent, half a surrogate pair for instance.
        return {key: text.encode(errors="replace").decode() for key, text in failure.items()}

    def _answer(
        self,
        socket: NamespaceSocket,
        number: int | None,
        result: Any = None,
        failure: dict[str, str] | None = None,
    ) -> None:
        """Acknowledge with a value or a failure; without acknowledgement, emit the failure."""
        if socket.gone is not None:
            return
        if number is None:
            socket.emit("error", [failure])
            return
        values = list(result) if isinstance(result, tuple) else [result]
        if socket.version is not None:
            data = [failure] if failure else [None, *values]
        else:
            data = [{"error": failure}] if failure else values
        socket.client.send(Packet(sio.ACK, socket.name, data, number))


def _process(namespace: BaseNamespace, packet: dict[str, Any]) -> Any:
    """Have a packet handled. A handler may end itself, and not the server that all share."""
    try:
        return namespace.process_packet(packet)
    except SystemExit as error:
        raise RuntimeError("a handler called sys.exit()") from error
