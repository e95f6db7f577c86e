"""One client: its connection, and its place on each namespace."""

from __future__ import annotations

import itertools
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pgsocketio import packet as sio
from pgsocketio import wire
from pgsocketio.adapter import AbstractAdapter
from pgsocketio.errors import (
    ConnectRefused,
    Disconnected,
    HandlerError,
    InvalidPacket,
    NotEncodable,
    TemporarilyUnavailable,
)
from pgsocketio.hub import Hub, Since, Stamp
from pgsocketio.packet import Packet
from pgsocketio.position import Position
from pgsocketio.reader import Reader

if TYPE_CHECKING:
    from pgsocketio.engine import Connection
    from pgsocketio.namespace import BaseNamespace
    from pgsocketio.runtime import Event, Job, Runtime
    from pgsocketio.server import Scope, Server, ServerSettings

logger = logging.getLogger("pgsocketio.socket")

_ids = itertools.count(1)


class ClientSocket:
    """A connection of the transport, shared by the client's namespaces.

    :ivar session: shared by the namespaces; a dict until a framework puts its own there.
    """

    __slots__ = ("_decoder", "connection", "namespaces", "server", "session")

    def __init__(self, server: Server, connection: Connection) -> None:
        self.server = server
        self.connection = connection
        self.namespaces: dict[str, NamespaceSocket] = {}
        self.session: Any = {}
        self._decoder = sio.Decoder(server.settings.max_payload)

    def receive(self, data: str | bytes) -> None:
        """Take what the transport delivered. Does not block."""
        try:
            packet = self._decoder.feed(data)
            if packet is not None:
                self._route(packet)
        except InvalidPacket as error:
            self.server.counters["invalid_packets"] += 1
            logger.info("client %s sent an invalid packet: %s", self.connection.sid, error)
            self.connection.close("parse error")

    def _route(self, packet: Packet) -> None:
        socket = self.namespaces.get(packet.namespace)
        if packet.type == sio.CONNECT:
            if socket is not None:
                raise InvalidPacket(f"{packet.namespace} is connected already")
            self._connect(packet)
        elif socket is None:
            raise InvalidPacket("a packet for a namespace that is not connected")
        elif packet.type == sio.ACK:
            socket.acknowledged(packet.id, packet.data)
        else:
            socket.enqueue(packet)

    def _connect(self, packet: Packet) -> None:
        namespace_class = self.server.namespaces.get(packet.namespace)
        if namespace_class is None:
            self.send(Packet(sio.CONNECT_ERROR, packet.namespace, {"message": "Invalid namespace"}))
            return
        socket = NamespaceSocket(self, packet.namespace, namespace_class)
        self.namespaces[packet.namespace] = socket
        socket.enqueue(packet)

    def send(self, packet: Packet) -> None:
        """Encode a packet and hand it to the transport."""
        self.server.transmit(self.connection, sio.encode(packet))

    def closed(self, reason: str) -> None:
        """The transport is gone."""
        for socket in list(self.namespaces.values()):
            socket.leave_server(reason)


class NamespaceSocket:
    """A client on one namespace: queue, acknowledgements, rooms, readers, position."""

    def __init__(
        self, client: ClientSocket, name: str, namespace_class: type[BaseNamespace]
    ) -> None:
        self.client, self.name = client, name
        self.server = client.server
        self.sid = self.server.new_sid()
        self.scope: Scope | None = None
        self.rooms: set[str] = set()
        self.readers: dict[Reader, None] = {}
        self.mark: Since | None = None
        self.auth = wire.Auth()
        self.gone: str | None = None
        self.connected_at = self.runtime.monotonic()
        self._class = namespace_class
        self.namespace: BaseNamespace | None = None
        self._queue: deque[Packet] = deque()
        self._working = False
        self._acks: dict[int, Callable[..., Any]] = {}
        self._waiting: set[Event] = set()
        self._jobs: dict[Any, Job] = {}
        self._job_readers: dict[tuple[Any, type[AbstractAdapter]], Reader] = {}
        self._current_readers: dict[Any, Reader] = {}
        self._job_names: dict[Any, str] = {}
        self._resume: Position | None = None
        self._told: Position | None = None

    # -- what surrounds it -------------------------------------------------------------------

    @property
    def runtime(self) -> Runtime:
        return self.server.runtime

    @property
    def settings(self) -> ServerSettings:
        return self.server.settings

    @property
    def environ(self) -> dict[str, Any]:
        environ = self.client.connection.environ
        environ["socketio"] = self
        return environ

    @property
    def session(self) -> Any:
        return self.client.session

    @session.setter
    def session(self, session: Any) -> None:
        self.client.session = session

    @property
    def hub(self) -> Hub:
        """The hub of the database that this client belongs to.

        :raises HandlerError: before it was let into one.
        """
        if self.scope is None or self.scope.hub is None:
            raise HandlerError("no database to listen to: the session is not validated yet")
        return self.scope.hub

    # -- packets in, one after the other -----------------------------------------------------

    def enqueue(self, packet: Packet) -> None:
        if len(self._queue) >= self.settings.max_queue:
            self.server.counters["event_queue_full"] += 1
            raise InvalidPacket(f"more than {self.settings.max_queue} events wait to be handled")
        self._queue.append(packet)
        if not self._working:
            self._working = True
            self.runtime.spawn(self._work)

    def _work(self) -> None:
        try:
            while self._queue and self.gone is None:
                self._handle(self._queue.popleft())
        finally:
            self._working = False
            self._forget_job(self.runtime.current())

    def _handle(self, packet: Packet) -> None:
        try:
            if packet.type == sio.CONNECT:
                self._connect(packet)
            elif packet.type == sio.DISCONNECT:
                self.leave_server("client namespace disconnect")
            else:
                self.server.dispatch(self, packet)
        except Disconnected:
            return
        except TemporarilyUnavailable as error:
            logger.warning("client of %s sent away for now: %s", self.name, error)
            self.client.connection.close("forced close")
        except Exception:
            logger.exception("a client of %s is sent away by an error in its handling", self.name)
            self.client.connection.close("forced close")

    def _connect(self, packet: Packet) -> None:
        try:
            self.auth = wire.parse_auth(packet.data)
            self.namespace = self._class({"socketio": self}, self.name)
            self.namespace.initialize()
            self.namespace.authenticate(self.auth.raw)
        except ConnectRefused as error:
            self._refuse(error)
            return
        if self.gone is not None:
            return
        self.client.send(Packet(sio.CONNECT, self.name, {"sid": self.sid}))
        self.server.connected(self)

    def _refuse(self, error: ConnectRefused) -> None:
        data: dict[str, Any] = {"message": str(error)}
        if error.data is not None:
            data["data"] = error.data
        self.client.send(Packet(sio.CONNECT_ERROR, self.name, data))
        self.client.namespaces.pop(self.name, None)
        self.gone = "refused"

    # -- let in ------------------------------------------------------------------------------

    def admit(self, scope: Scope) -> None:
        """Let the client into a database: from now on events and messages reach it.

        :param scope: whose rooms, broadcasts and messages it shares.
        """
        assert self.namespace is not None
        if self.auth.position is not None:
            self._resume = scope.resume(self.auth.position)
        self.scope = scope
        self.mark = scope.hub.mark() if scope.hub is not None else None
        self.server.members.add(self)
        self._tell_ready()
        self.namespace.admitted()

    def _tell_ready(self) -> None:
        if self.auth.version is None:
            return
        recovered = None if self.auth.position is None else self._resume is not None
        self.emit(wire.READY, [{"recovered": recovered}])
        if not recovered:
            self.tell_position(force=True)

    # -- readers -----------------------------------------------------------------------------

    def new_reader(
        self, adapter: type[AbstractAdapter], name: str, since: Since | None = None
    ) -> Reader:
        """A reader that ends with this client."""
        reader = Reader(self, adapter, name, since)
        self.readers[reader] = None
        return reader

    def reader(self, adapter: type[AbstractAdapter]) -> Reader:
        """The reader of the running job with an adapter."""
        job = self.runtime.current()
        reader = self._job_readers.get((job, adapter))
        if reader is None:
            name = f"{type(self.namespace).__qualname__}.{self._job_names.get(job, 'event')}"
            reader = self._job_readers[job, adapter] = self.new_reader(adapter, name)
        self._current_readers[job] = reader
        return reader

    def current_reader(self) -> Reader | None:
        """The reader that the running job listened with last."""
        return self._current_readers.get(self.runtime.current())

    def _forget_job(self, job: Any) -> None:
        self._jobs.pop(job, None)
        self._job_names.pop(job, None)
        self._current_readers.pop(job, None)
        for key in [key for key in self._job_readers if key[0] is job]:
            self._job_readers.pop(key).leave()

    def since(self, reader: str) -> Since | None:
        """Where a reader of this client starts: where the client stood, less what it has seen."""
        if self._resume is None:
            return None
        return Since(self._resume, self.auth.seen.get(reader, frozenset()))

    def tell_position(self, force: bool = False) -> None:
        """Tell a versioned client how far it is, when that changed."""
        stamp = self._position()
        if stamp is None or (stamp.position == self._told and not force):
            return
        self._told, self._resume = stamp.position, None
        self.emit(wire.POSITION, [{"p": str(stamp.position), "g": stamp.generation}])

    def _position(self) -> Stamp | None:
        """The oldest place that something still needs; None when there is none to tell."""
        if self.auth.version is None or self.scope is None or self.scope.hub is None:
            return None
        age = self.runtime.monotonic() - self.connected_at
        if self._resume is not None and age < self.settings.resume_window:
            return None  # handlers that have not listened yet start from there
        mailboxes = [r.mailbox for r in self.readers if r.mailbox is not None]
        if any(mailbox.catching_up for mailbox in mailboxes):
            return None
        holds = [mailbox.hold for mailbox in mailboxes]
        stamps = [hold for hold in holds if hold is not None]
        return min(stamps, key=lambda stamp: stamp.generation, default=self.scope.hub.stamp)

    # -- packets out -------------------------------------------------------------------------

    def emit(
        self,
        event: str,
        args: Sequence[Any],
        callback: Callable[..., Any] | None = None,
        envelope: Any = None,
    ) -> None:
        """Send an event; to nobody when the client is gone."""
        if self.gone is not None:
            return
        if event in sio.RESERVED_EVENTS:
            raise NotEncodable(f"the event name {event!r} belongs to Socket.IO")
        number = None
        if callback is not None:
            number = next(_ids)
            if len(self._acks) >= self.settings.max_acks:
                self._acks.pop(next(iter(self._acks)))
            self._acks[number] = callback
        data = [event, *args] if self.auth.version is None else [event, *args, envelope]
        self.client.send(Packet(sio.EVENT, self.name, data, number))

    def emit_and_wait(self, event: str, args: Sequence[Any], envelope: Any = None) -> bool:
        """Send an event, and wait for its acknowledgement.

        :returns: whether it came within the server's time-out.
        """
        done = self.runtime.event()
        self.emit(event, args, lambda *_args: done.set(), envelope)
        self._waiting.add(done)
        try:
            return self.gone is None and done.wait(self.settings.ack_timeout) and self.gone is None
        finally:
            self._waiting.discard(done)

    def acknowledged(self, number: int | None, args: Sequence[Any]) -> None:
        """The client acknowledged an event. Unknown numbers are none of ours, or came too late."""
        callback = self._acks.pop(number or 0, None)
        if callback is not None:
            self.runtime.spawn(self._call_back, callback, args)

    def _call_back(self, callback: Callable[..., Any], args: Sequence[Any]) -> None:
        try:
            callback(*args)
        except Exception:
            logger.exception("a callback of %s failed", self.name)

    def emit_all(
        self, event: str, args: Sequence[Any], room: str | None = None, skip_self: bool = False
    ) -> None:
        """Send an event to others of this namespace and database, wherever they are connected."""
        if self.scope is None:
            raise HandlerError("the session is not validated yet")
        self.scope.backplane.emit(self.name, event, args, room, self.sid if skip_self else None)

    def join(self, room: str) -> None:
        if len(self.rooms) >= self.settings.max_rooms and room not in self.rooms:
            raise HandlerError(f"a client may be in {self.settings.max_rooms} rooms at most")
        self.rooms.add(room)
        self.server.members.join(self, room)

    def leave(self, room: str) -> None:
        self.rooms.discard(room)
        self.server.members.leave(self, room)

    # -- jobs --------------------------------------------------------------------------------

    def spawn(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Job:
        """Run a job of this client; it is killed when the client is gone."""
        return self.runtime.spawn(self._run_job, function, args, kwargs)

    def _run_job(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        job = self.runtime.current()
        name = getattr(function, "__name__", type(function).__name__)
        self._jobs[job], self._job_names[job] = job, name
        try:
            if self.gone is None:
                function(*args, **kwargs)
        except Disconnected:
            pass
        except Exception:
            logger.exception("the job %s of %s failed", name, self.name)
        finally:
            self._forget_job(job)

    def kill_jobs(self) -> None:
        """End the jobs of this client, but not the one that asks for it."""
        me = self.runtime.current()
        for job in list(self._jobs.values()):
            if job is not me:
                job.kill()

    # -- the end -----------------------------------------------------------------------------

    def disconnect(self, silent: bool = False, reason: str | None = None) -> None:
        """End this namespace for the client; official clients do not come back by themselves."""
        if self.gone is None and not silent:
            if reason is not None and self.auth.version is not None:
                self.emit(wire.CLOSED, [{"reason": reason}])
            self.client.send(Packet(sio.DISCONNECT, self.name))
        self.leave_server(reason or "server namespace disconnect")

    def leave_server(self, reason: str) -> None:
        """Forget the client: no event leaves any more, readers and jobs end."""
        if self.gone is not None:
            return
        self.gone = reason
        self.client.namespaces.pop(self.name, None)
        self.server.members.discard(self)
        for reader in list(self.readers):
            reader.leave()
        self._acks.clear()
        for waiting in self._waiting:
            waiting.set()
        if self.namespace is not None:
            self.runtime.spawn(self.server.disconnected, self)
