"""A client on one namespace: its packets in order, its acknowledgements, its place."""

from __future__ import annotations

import itertools
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pgsocketio import packet as sio
from pgsocketio import wire
from pgsocketio.errors import (
    ConnectRefused,
    Disconnected,
    HandlerError,
    LimitExceeded,
    NotEncodable,
    TemporarilyUnavailable,
)
from pgsocketio.hub import Hub
from pgsocketio.jobs import Jobs
from pgsocketio.listeners import Listeners
from pgsocketio.packet import Packet
from pgsocketio.progress import Progress

if TYPE_CHECKING:
    from pgsocketio.client import ClientSocket
    from pgsocketio.engine import Prepared
    from pgsocketio.namespace import BaseNamespace
    from pgsocketio.runtime import Event, Runtime
    from pgsocketio.scope import Scope
    from pgsocketio.settings import ServerSettings

logger = logging.getLogger("pgsocketio.socket")

_ids = itertools.count(1)
_NO_ROOMS: frozenset[str] = frozenset()


class _Expected:
    """An acknowledgement that is taken at once, without a job: it does not block."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], Any]) -> None:
        self.callback = callback


class NamespaceSocket:
    """A client on one namespace.

    :ivar version: of the wire protocol that the client speaks, None for plain Socket.IO.
    :ivar scope: whose rooms and messages it shares; None until it was let in.
    :ivar listeners: what of it messages go to.
    :ivar gone: why it left; None while it is there.
    """

    __slots__ = (
        "_acks", "_class", "_entering", "_jobs", "_queue", "_waiting", "accepted", "client", "gone",
        "listeners", "name", "namespace", "progress", "rooms", "scope", "server", "sid", "traffic",
        "version",
    )  # fmt: skip

    def __init__(
        self, client: ClientSocket, name: str, namespace_class: type[BaseNamespace]
    ) -> None:
        self.client, self.name = client, name
        self.server = client.server
        self.sid = self.server.new_sid()
        self.traffic = self.server.traffic_of("", name)
        self.version: int | None = None
        self.scope: Scope | None = None
        self.accepted = self._entering = False
        self.gone: str | None = None
        self.namespace: BaseNamespace | None = None
        self.progress = Progress(wire.Auth(), self.runtime.monotonic())
        self.rooms: frozenset[str] = _NO_ROOMS
        self._class = namespace_class
        self._jobs: Jobs | None = None
        self._queue: deque[Packet] | None = None  # only while something waits or is handled
        self._acks: dict[int, Callable[..., Any] | _Expected] = {}
        self._waiting: dict[Event, None] = {}
        self.listeners = Listeners(self)

    # -- what surrounds it -------------------------------------------------------------------

    @property
    def runtime(self) -> Runtime:
        return self.server.runtime

    @property
    def settings(self) -> ServerSettings:
        return self.server.settings

    @property
    def jobs(self) -> Jobs:
        if self._jobs is None:
            self._jobs = Jobs(self)
        return self._jobs

    @property
    def environ(self) -> dict[str, Any]:
        return self.server.environ(self)

    @property
    def session(self) -> Any:
        return self.client.session

    @session.setter
    def session(self, session: Any) -> None:
        self.client.session = session

    @property
    def user(self) -> str | None:
        """Who the client is, as its namespace tells."""
        return None if self.namespace is None else self.namespace.get_user()

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
        if self._queue is None:
            self._queue = deque()
            self.runtime.spawn(self._work, self._queue)
        elif len(self._queue) >= self.settings.max_queue:
            text = f"more than {self.settings.max_queue} events wait to be handled"
            raise LimitExceeded("event_queue_full", text)
        elif self.client.queued + packet.size > self.settings.max_queued:
            text = f"more than {self.settings.max_queued} bytes of events wait to be handled"
            raise LimitExceeded("event_queue_full", text)
        self._queue.append(packet)
        self.client.queued += packet.size

    @property
    def busy(self) -> bool:
        """Whether an event of the client waits or is handled."""
        return self._queue is not None

    def _work(self, queue: deque[Packet]) -> None:
        self.server.running += 1
        try:
            while queue and self.gone is None:
                packet = queue.popleft()
                self.client.queued -= packet.size
                self._handle(packet)
        finally:
            self.client.queued -= sum(packet.size for packet in queue)
            self.server.running -= 1
            self._queue = None
            if self._jobs is not None:
                self._jobs.forget(self.runtime.current())

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
            self.server.sent_away(self, error)
        except Exception:
            logger.exception("a client of %s is sent away by an error in its handling", self.name)
            self.client.connection.leave()

    def _connect(self, packet: Packet) -> None:
        try:
            auth = wire.parse_auth(packet.data)
            self.version = auth.version
            self.progress = Progress(auth, self.runtime.monotonic())
            self.namespace = self.server.create(self, self._class)
            self.namespace.initialize()
            self.namespace.authenticate(auth.raw)
        except ConnectRefused as error:
            self._refuse(error)
            return
        except TemporarilyUnavailable:
            raise
        except Exception:
            logger.exception("namespace %s failed to start; the client's others go on", self.name)
            self._refuse(ConnectRefused("Internal error"))
            return
        if self.gone is not None:
            return
        if self.version is not None:  # a raw client may expect one packet per segment
            self.client.connection.gather()
        self.client.send(Packet(sio.CONNECT, self.name, {"sid": self.sid}))
        self.accepted = True
        self.client.stop_timer()
        self.server.connected(self)

    def _refuse(self, error: ConnectRefused) -> None:
        data: dict[str, Any] = {"message": str(error)}
        if error.data is not None:
            data["data"] = error.data
        self.client.send(Packet(sio.CONNECT_ERROR, self.name, data))
        self.gone = "refused"
        self.client.forget(self)

    # -- let in ------------------------------------------------------------------------------

    def admit(self, scope: Scope) -> None:
        """Let the client into a database: from now on events and messages reach it.

        Only once, and not when the client left meanwhile: to find its place may take a while.

        :param scope: whose rooms, broadcasts and messages it shares.
        """
        assert self.namespace is not None
        if self._entering:
            return
        self._entering = True
        recovered = self.progress.enter(scope)
        if self.gone is not None:
            return
        self.scope = scope
        self.traffic = self.server.traffic_of(scope.name, self.name)
        self.server.members.add(self)
        if self.version is not None:
            self.progress.greet(self, recovered)
        for wanted in self.namespace.get_subscriptions():
            args = wanted.args(self.namespace.session)
            self.listeners.subscribe(wanted.event, wanted.adapterClass, args, wanted.acknowledged)
        self.namespace.admitted()

    # -- messages ----------------------------------------------------------------------------

    def missed(self) -> None:
        """Tell a versioned client that it cannot be caught up."""
        if self.version is not None and self.progress.must_tell(self.hub.generation):
            self.emit(wire.RECOVERED, [{"recovered": False}])

    @property
    def waiting(self) -> int:
        """Messages in its mailboxes, those in hand included."""
        return self.listeners.waiting

    @property
    def unacknowledged(self) -> int:
        """Events whose acknowledgement is awaited."""
        return len(self._acks)

    # -- packets out -------------------------------------------------------------------------

    def emit(
        self,
        event: str,
        args: Sequence[Any],
        callback: Callable[..., Any] | _Expected | None = None,
        envelope: Any = None,
    ) -> int | None:
        """Send an event; to nobody when the client is gone.

        :returns: what its acknowledgement is known by, None where none is awaited.
        """
        if self.gone is not None:
            return None
        if event in sio.RESERVED_EVENTS:
            raise NotEncodable(f"the event name {event!r} belongs to Socket.IO")
        number = None
        if callback is not None:
            number = next(_ids) * sio.SLOTS + sio.SLOTS - 1
            self._expect(number, callback)
        self.traffic.sent += 1
        self.client.send(self._packet(event, args, envelope, number))
        return number

    def _packet(
        self, event: str, args: Sequence[Any], envelope: Any, number: int | None = None
    ) -> Packet:
        data = [event, *args] if self.version is None else [event, *args, envelope]
        return Packet(sio.EVENT, self.name, data, number)

    def prepare(self, event: str, args: Sequence[Any], envelope: Any) -> Prepared:
        """Encode an event once, for all clients of this namespace and version."""
        return self.server.prepare(sio.encode(self._packet(event, args, envelope)))

    def send_prepared(self, prepared: Prepared) -> None:
        """Send an event that was encoded before; to nobody when the client is gone."""
        if self.gone is None:
            self.traffic.sent += 1
            prepared.send_to((self.client.connection,))

    def emit_and_wait(self, event: str, args: Sequence[Any], envelope: Any = None) -> bool:
        """Send an event, and wait for its acknowledgement.

        :returns: whether it came within the server's time-out.
        """
        done = self.runtime.event()
        number = self.emit(event, args, _Expected(done.set), envelope)
        self._waiting[done] = None
        try:
            return self.gone is None and done.wait(self.settings.ack_timeout) and self.gone is None
        finally:
            self._waiting.pop(done, None)
            self._acks.pop(number or 0, None)  # it may still come, and counts for nothing

    def acknowledged(self, number: int | None, args: Sequence[Any]) -> bool:
        """The client acknowledged an event.

        :returns: whether that was awaited; unknown numbers are none of ours, or came too late.
        """
        callback = self._acks.pop(number or 0, None)
        self.traffic.acks += callback is not None
        if isinstance(callback, _Expected):
            callback.callback()
        elif callback is not None:
            self.runtime.spawn(self._call_back, callback, args)
        return callback is not None

    def expect_ack(self, number: int, callback: Callable[[], Any]) -> None:
        """Have a callback, which must not block, called when an acknowledgement comes."""
        self._expect(number, _Expected(callback))

    def _expect(self, number: int, callback: Callable[..., Any] | _Expected) -> None:
        if len(self._acks) >= self.settings.max_acks and number not in self._acks:
            self._acks.pop(next(iter(self._acks)))
            text = f"more than {self.settings.max_acks} acknowledgements owed; the oldest forgotten"
            self.server.crossed("acks_forgotten", self.client.connection, text)
        self._acks[number] = callback

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
        self.rooms |= {room}
        self.server.members.join(self, room)

    def leave(self, room: str) -> None:
        self.rooms -= {room}
        self.server.members.leave(self, room)

    # -- the end -----------------------------------------------------------------------------

    def disconnect(self, silent: bool = False, reason: str | None = None) -> None:
        """End this namespace for the client; official clients do not come back by themselves."""
        if self.gone is None and not silent:
            if reason is not None and self.version is not None:
                self.emit(wire.CLOSED, [{"reason": reason}])
            self.client.send(Packet(sio.DISCONNECT, self.name))
        self.leave_server(reason or "server namespace disconnect")

    def leave_server(self, reason: str) -> None:
        """Forget the client: no event leaves any more, readers and jobs end."""
        if self.gone is not None:
            return
        self.gone = reason
        self.client.forget(self)
        self.server.members.discard(self)
        self.listeners.leave()
        self._acks.clear()
        for waiting in self._waiting:
            waiting.set()
        if self.namespace is not None:
            self.runtime.spawn(self.server.disconnected, self)
