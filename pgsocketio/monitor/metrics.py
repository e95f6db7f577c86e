"""The metrics of every server process. docs/operations lists them from here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pgsocketio.database import Database
from pgsocketio.measure import Histogram
from pgsocketio.monitor.metric import Metric, Sample

if TYPE_CHECKING:
    from pgsocketio.engine import Engine
    from pgsocketio.server import Server
    from pgsocketio.socket import NamespaceSocket

_BY_NAMESPACE: Final = ("database", "namespace")
_OWN: Final = ("connects", "disconnects", "sent_away", "undelivered", "blocked")
"""Counters of the server with a metric of their own; the others count limits that were crossed."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What the metrics are read of.

    :param lag: of the event loop.
    """

    server: Server
    engine: Engine
    lag: Histogram

    @property
    def databases(self) -> Iterator[Database]:
        """Those with a message log."""
        return (each for each in self.server.databases.values() if isinstance(each, Database))


def _one(value: float) -> Iterable[Sample]:
    return [((), value)]


def _with_prefix(counters: Counter[str], prefix: str) -> Iterable[Sample]:
    return [
        ((name.removeprefix(prefix),), count)
        for name, count in list(counters.items())
        if name.startswith(prefix)
    ]


def _transports(observed: Observed) -> Iterable[Sample]:
    counts = Counter(each.transport for each in list(observed.engine.connections.values()))
    return [((name,), counts[name]) for name in observed.engine.settings.transports]


def _limits(observed: Observed) -> Iterable[Sample]:
    counters = observed.server.counters
    return [((name,), count) for name, count in list(counters.items()) if name not in _OWN]


def _traffic(observed: Observed, name: str) -> Iterable[Sample]:
    return [(key, getattr(each, name)) for key, each in list(observed.server.traffic.items())]


def _per_client(observed: Observed, name: str) -> Iterable[Sample]:
    """The sum over clients; gives way to others now and then."""
    sums = dict.fromkeys(observed.server.members.counts(), 0)
    for socket in observed.server.members.all():
        key = _key(socket)
        sums[key] = sums.get(key, 0) + getattr(socket, name)
    return list(sums.items())


def _key(socket: NamespaceSocket) -> tuple[str, str]:
    return (socket.scope.name if socket.scope else "", socket.name)


def _listener(observed: Observed, name: str) -> Iterable[tuple[tuple[str], Any]]:
    return [((each.name,), getattr(each.listener, name)) for each in observed.databases]


def _follower(observed: Observed, name: str) -> Iterable[tuple[tuple[str], Any]]:
    return [((each.name,), getattr(each.listener.follower, name)) for each in observed.databases]


def _hub(observed: Observed, name: str) -> Iterable[Sample]:
    return [((each.name,), getattr(each.hub, name)) for each in observed.databases]


_ENGINE = (
    Metric("connections", "gauge", "open connections", _transports, ("transport",)),
    Metric("tcp_sockets", "gauge", "open TCP connections, those of polling included",
           lambda o: _one(o.engine.open_sockets)),
    Metric("connections_opened", "counter", "connections opened",
           lambda o: _one(o.engine.counters["opened"])),
    Metric("connections_upgraded", "counter", "connections that went from polling to WebSocket",
           lambda o: _one(o.engine.counters["upgraded"])),
    Metric("connections_closed", "counter", "connections closed, by reason",
           lambda o: _with_prefix(o.engine.counters, "closed:"), ("reason",)),
    Metric("requests_refused", "counter", "requests and frames refused, by the rule they broke",
           lambda o: _with_prefix(o.engine.counters, "refused:"), ("rule",)),
    Metric("packets_received", "counter", "message packets received",
           lambda o: _one(o.engine.counters["packets_in"])),
    Metric("packets_sent", "counter", "message packets sent",
           lambda o: _one(o.engine.counters["packets_out"])),
    Metric("received_bytes", "counter", "bytes received on WebSockets",
           lambda o: _one(o.engine.counters["bytes_in"])),
    Metric("sent_bytes", "counter", "bytes sent",
           lambda o: _one(o.engine.counters["bytes_out"])),
    Metric("accept_pauses", "counter", "times that no descriptor was left to accept with",
           lambda o: _one(o.engine.counters["accept_paused"])),
    Metric("application_errors", "counter", "errors of the server's own code; report them",
           lambda o: _one(o.engine.counters["application_errors"])),
)  # fmt: skip

_SERVER = (
    Metric("clients", "gauge", "clients that were let in",
           lambda o: list(o.server.members.counts().items()), _BY_NAMESPACE),
    Metric("events_received", "counter", "events handed to handlers",
           lambda o: _traffic(o, "received"), _BY_NAMESPACE),
    Metric("events_sent", "counter", "events sent, counted per recipient",
           lambda o: _traffic(o, "sent"), _BY_NAMESPACE),
    Metric("events_dropped", "counter", "volatile events not sent, as a client does not read",
           lambda o: _traffic(o, "dropped"), _BY_NAMESPACE),
    Metric("acks_received", "counter", "acknowledgements of clients that were awaited",
           lambda o: _traffic(o, "acks"), _BY_NAMESPACE),
    Metric("acks_pending", "gauge", "events whose acknowledgement is awaited",
           lambda o: _per_client(o, "unacknowledged"), _BY_NAMESPACE),
    Metric("mailbox_messages", "gauge", "messages that wait for a listener or its client",
           lambda o: _per_client(o, "waiting"), _BY_NAMESPACE),
    Metric("handlers_running", "gauge", "clients that have an event handled just now",
           lambda o: _one(o.server.running)),
    Metric("connects", "counter", "clients accepted by their namespace",
           lambda o: _one(o.server.counters["connects"])),
    Metric("disconnects", "counter", "clients that left their namespace",
           lambda o: _one(o.server.counters["disconnects"])),
    Metric("sent_away", "counter", "clients that have to come back, as database or cursor was busy",
           lambda o: _one(o.server.counters["sent_away"])),
    Metric("undelivered", "counter", "batches given up, as nobody acknowledged them",
           lambda o: _one(o.server.counters["undelivered"])),
    Metric("limits_crossed", "counter", "clients that went too far, by what they did",
           _limits, ("limit",)),
    Metric("loop_blocked", "counter", "times that a handler kept the event loop from all others",
           lambda o: _one(o.server.counters["blocked"])),
    Metric("loop_lag_seconds", "histogram",
           "how long each turn of the event loop kept others waiting", lambda o: [((), o.lag)]),
    Metric("draining", "gauge", "1 while the server is about to end",
           lambda o: _one(o.server.draining)),
)  # fmt: skip

_DATABASE = (
    Metric("database_ready", "gauge", "1 while what is published there is delivered",
           lambda o: _listener(o, "ready"), ("database",)),
    Metric("listen_proven", "gauge", "1 while LISTEN hears its own heartbeat",
           lambda o: _listener(o, "proven"), ("database",)),
    Metric("log_rows_read", "counter", "rows of the message log read",
           lambda o: _follower(o, "rows_read"), ("database",)),
    Metric("delivery_seconds", "histogram", "from publishing (PostgreSQL's clock) until a message "
           "was handed to all its listeners here; once per message",
           lambda o: _follower(o, "latency"), ("database",)),
    Metric("mailbox_dropped", "counter", "volatile messages that a mailbox had no room for",
           lambda o: _hub(o, "dropped"), ("database",)),
    Metric("mailbox_overflows", "counter", "times that a listener was left to catch up by the log",
           lambda o: _hub(o, "overflows"), ("database",)),
)  # fmt: skip

METRICS: Final = (*_ENGINE, *_SERVER, *_DATABASE)
"""Read of an :class:`Observed`."""
