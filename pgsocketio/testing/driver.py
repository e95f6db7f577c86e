"""Connects a namespace class without a server, and shows what its client would see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from pgsocketio.namespace import BaseNamespace
from pgsocketio.packet import ACK, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, Packet
from pgsocketio.scope import Scope
from pgsocketio.server import Server
from pgsocketio.settings import ServerSettings

from .database import MemoryDatabase
from .runtime import ThreadRuntime
from .transport import MemoryClient, prepare


class NamespaceDriver:
    """One client of one namespace. Use it as a context manager; it ends all that it started.

    :param namespace_class: what to connect to.
    :param auth: what the client sends along; ``{"v": 1}`` for one that speaks the wire protocol.
    :param environ: WSGI environ of the handshake.
    :param settings: of the server.
    :param beside: another driver, to be a second client of the same server.
    :ivar database: where ``publish`` goes, and the scope of clients whose namespace names none.
    :ivar refused: the data of the CONNECT_ERROR, None when the client was let in.
    :ivar ended: True once the server disconnected the client, or closed the connection.
    :cvar database_class: of :attr:`database`.
    """

    database_class: type[MemoryDatabase] = MemoryDatabase

    def __init__(
        self,
        namespace_class: type[BaseNamespace],
        auth: dict[str, Any] | None = None,
        environ: dict[str, Any] | None = None,
        settings: ServerSettings = ServerSettings(),
        beside: NamespaceDriver | None = None,
    ) -> None:
        self.server: Server = beside.server if beside else _server(settings, self.database_class)
        self.name = f"/{namespace_class.__name__}"
        self.server.namespaces = {**self.server.namespaces, self.name: namespace_class}
        self._owner = beside is None
        self._client = MemoryClient(self.server, environ)
        self._events: list[Packet] = []
        self._acks: dict[int | None, list[Any]] = {}
        self.refused: dict[str, Any] | None = None
        self._disconnected = False
        session = self.new_session()
        if session is not None:
            self._client.connection.data.session = session
        self._client.connect(self.name, auth)
        self.settle()

    # -- what surrounds it -------------------------------------------------------------------

    @property
    def runtime(self) -> ThreadRuntime:
        """What runs the jobs, with a clock of its own."""
        runtime = self.server.runtime
        assert isinstance(runtime, ThreadRuntime)
        return runtime

    def new_session(self) -> Any:
        """The session that the connection has from the start, None for none; for subclasses."""
        return None

    @property
    def database(self) -> Any:
        """Where the clients meet: a :class:`MemoryDatabase`."""
        assert isinstance(self.server.scope, MemoryDatabase)
        return self.server.scope

    @property
    def namespace(self) -> Any:
        """The instance that serves this client."""
        return self._client.connection.data.namespaces[self.name].namespace

    @property
    def ended(self) -> bool:
        return self._disconnected or self._client.connection.closed

    def settle(self) -> None:
        """Let everything run until all wait, reads of the log included. No time passes."""
        self.runtime.settle()
        while self.database.wanted and not self.database.by_hand:
            self.database.read()
            self.runtime.settle()
        for packet in self._client.take():
            self._sort(packet)

    def advance(self, seconds: float) -> None:
        """Let time pass, and all that is due happen; it takes none of yours."""
        self.runtime.advance(seconds)
        self.settle()

    def _sort(self, packet: Packet) -> None:
        if packet.type == EVENT:
            self._events.append(packet)
        elif packet.type == ACK:
            self._acks[packet.id] = packet.data
        elif packet.type == CONNECT_ERROR:
            self.refused = packet.data
        elif packet.type == DISCONNECT:
            self._disconnected = True
        else:
            assert packet.type == CONNECT

    # -- what the client does ----------------------------------------------------------------

    def emit(self, event: str, *args: Any) -> None:
        """Send an event that asks for no acknowledgement."""
        self._client.emit(self.name, event, *args)
        self.settle()

    def call(self, event: str, *args: Any, seconds: float = 0) -> Sequence[Any] | None:
        """Send an event, and let some time pass.

        :returns: what acknowledged it; None when nothing did in that time.
        """
        number = self._client.emit(self.name, event, *args, ack=True)
        self.settle()
        self.advance(seconds)
        return self._acks.pop(number, None)

    def packets(self) -> list[Packet]:
        """The events that came since the last call, as packets; see :meth:`acknowledge`."""
        self.settle()
        events, self._events = self._events, []
        return events

    def take(self) -> list[tuple[str, list[Any]]]:
        """The events that came since the last call: name and arguments."""
        return [(packet.data[0], packet.data[1:]) for packet in self.packets()]

    def acknowledge(self, packet: Packet, *args: Any) -> None:
        """Say that the client's handlers have returned."""
        self._client.acknowledge(packet, *args)
        self.settle()

    def disconnect(self) -> None:
        """Leave the namespace."""
        self._client.disconnect(self.name)
        self.settle()

    def drop(self) -> None:
        """Lose the connection."""
        self._client.connection.close("transport close")
        self.settle()

    def close(self) -> None:
        """End everything; raises what failed in a job that the core does not guard."""
        if self._owner:
            self.runtime.close()

    def __enter__(self) -> NamespaceDriver:
        return self

    def __exit__(self, kind: object, *_rest: object) -> None:
        if self._owner:
            self.runtime.__exit__(kind)


def _server(settings: ServerSettings, database_class: type[MemoryDatabase]) -> Server:
    """A server whose clients meet in a database in memory that is live."""
    runtime = ThreadRuntime()
    server = Server({}, runtime, prepare, settings)
    database = database_class(members=server.members, breathe=lambda: runtime.sleep(0))
    database.read()
    server.scope = cast(Scope, database)
    return server
