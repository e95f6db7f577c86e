"""The engine: listens, accepts, counts, and ties transports to the application."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from pgsocketio.rates import TokenBuckets, network_key

from .acceptor import Acceptor
from .connection import Connection
from .errors import Refused
from .fallback import Fallback, NotFound, WSGIApplication, WSGIFallback
from .limits import CountPerKey
from .router import Router
from .runtime import Runtime, logger
from .settings import EngineSettings
from .sockets import Sockets

_LEAVE_TICK = 0.05  # seconds between two portions of a spread close


class Application(Protocol):
    """What sits above the transport.

    All calls come from the event loop, in order per connection, and must neither block nor
    switch greenlets.
    """

    def on_open(self, connection: Connection) -> None:
        """A connection is open; nothing was received on it yet."""

    def on_message(self, connection: Connection, data: str | bytes) -> None:
        """One message packet arrived, as text or as bytes."""

    def on_close(self, connection: Connection, reason: str) -> None:
        """Called exactly once per on_open, never inside a call of the application's own.

        ``reason`` is 'transport close', 'transport error', 'ping timeout', 'forced close',
        'slow client', 'parse error', or what was passed to :meth:`Connection.close`.
        """


class Engine:
    """An Engine.IO v4 server on gevent's event loop.

    Args:
        application: gets connections and messages.
        settings: limits and defaults.
        fallback: WSGI application for every request outside ``settings.path``; without it such
            requests get 404. It runs in a greenlet per request, so it may block.
    """

    def __init__(
        self,
        application: Application,
        settings: EngineSettings = EngineSettings(),  # noqa: B008  frozen
        fallback: WSGIApplication | None = None,
    ) -> None:
        self.settings = settings
        self.runtime = Runtime(settings)
        self.address = ("", 0)
        self.closing: dict[str, Connection] = {}
        self.fallback: Fallback = NotFound()
        if fallback is not None:
            self.fallback = WSGIFallback(self.runtime, fallback, lambda: self.address)
        self._application = application
        self._connections: dict[str, Connection] = {}
        self._counts = CountPerKey(settings.max_connections, settings.max_connections_per_address)
        self._handshakes = TokenBuckets(
            settings.handshakes_per_second, settings.handshake_burst, self.runtime.clock
        )
        self._leaving: deque[Connection] = deque()
        self._leave_timer: Any = None
        self._router = router = Router(self)
        self._sockets = Sockets(self.runtime, router, lambda peer: router.trust.trusts(peer))
        self._acceptor = Acceptor(self.runtime, self._sockets.admit)

    @property
    def connections(self) -> Mapping[str, Connection]:
        """Open connections by sid; go through a copy when sending, which may drop some."""
        return self._connections

    @property
    def open_sockets(self) -> int:
        """TCP connections, with and without a transport on them."""
        return len(self._sockets)

    @property
    def counters(self) -> Counter[str]:
        """Events so far: 'opened', 'upgraded', 'closed:<reason>', 'refused:<rule>', 'packets_in',
        'packets_out', 'bytes_in', 'bytes_out', 'accept_paused', 'application_errors'."""
        return self.runtime.counters

    # listening

    def listen(self, host: str, port: int) -> int:
        """Bind and start accepting.

        Args:
            host: name or address; '' for all interfaces.
            port: 0 lets the system choose.
        Returns:
            the port that was bound.
        Raises:
            OSError: what the system said.
        """
        self.address = self._acceptor.listen(host, port)
        self.runtime.start()
        return self.address[1]

    def renew(self, settings: EngineSettings) -> None:
        """Take up other allowed origins and trusted proxies; nothing else of the settings."""
        self._router.renew(settings)

    def stop_accepting(self) -> None:
        """Close the listening socket and refuse new connections; open ones go on."""
        self._acceptor.stop()

    def close_all(self, over: float = 0.0, connections: Iterable[Connection] | None = None) -> None:
        """Close transports so that unmodified clients reconnect by themselves.

        Args:
            over: seconds over which to spread the closes.
            connections: which; None: all.
        """
        self._leaving = deque(self._connections.values() if connections is None else connections)
        ticks = max(1, math.ceil(over / _LEAVE_TICK))
        self._leave_some(math.ceil(len(self._leaving) / ticks))

    def _leave_some(self, count: int) -> None:
        for _ in range(min(count, len(self._leaving))):
            self._leaving.popleft().leave()
        if self._leaving:
            self._leave_timer = self.runtime.loop.timer(_LEAVE_TICK)
            self._leave_timer.start(self._leave_some, count)

    def stop(self) -> None:
        """Stop accepting, close every connection and every socket at once."""
        self.stop_accepting()
        self._leaving.clear()
        for connection in list(self._connections.values()):
            connection.leave()
        self._sockets.close()
        self.fallback.stop()
        self.runtime.stop()

    # connections

    def admit(self, address: str) -> None:
        """Check the limits for one more connection from this address.

        Raises:
            Refused: a limit is reached; 503 or 429, after which clients try again.
        """
        if not self._acceptor.listening:
            raise Refused(4, 503, "Server is stopping", "stopping")
        if self._counts.full:
            self._refuse(503, "Too many connections", address)
        if self._counts.full_for(address):
            self._refuse(429, "Too many connections from this address", address)
        if not self._handshakes.take(address):
            self._refuse(429, "Too many handshakes from this address", address)

    def _refuse(self, status: int, message: str, address: str) -> None:
        self.runtime.log.line(message, "%s: refused %s", message, address)
        raise Refused(4, status, message, message.lower())

    def opened(self, connection: Connection) -> None:
        """A handshake is done: tell the application."""
        self._connections[connection.sid] = connection
        self._counts.add(network_key(connection.handshake.peer[0]))
        self.counters["opened"] += 1
        self._call(connection, self._application.on_open, connection)

    def deliver(self, connection: Connection, data: str | bytes) -> None:
        """Hand a message to the application."""
        self.counters["packets_in"] += 1
        self._call(connection, self._application.on_message, connection, data)

    def on_closed(self, connection: Connection, reason: str) -> None:
        """Forget a connection, and tell the application outside of its own calls."""
        if self._connections.pop(connection.sid, None) is None:
            return
        self._counts.remove(network_key(connection.handshake.peer[0]))
        self.counters[f"closed:{reason}"] += 1
        self.runtime.loop.run_callback(
            self._call, connection, self._application.on_close, connection, reason
        )

    def _call(self, connection: Connection, call: Callable[..., None], *args: object) -> None:
        try:
            call(*args)
        except Exception:
            self.counters["application_errors"] += 1
            logger.exception("The application failed in %s; closing its connection", call.__name__)
            connection.leave("transport error")
