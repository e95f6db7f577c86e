"""The figures, each a function of servers that are running."""

from __future__ import annotations

import statistics
import time
from typing import Any, NamedTuple

import psycopg2

from benchmarks.load import LoadFailed, Probes
from benchmarks.servers import Limit, Ours, Server

VALUE = {"text": "x" * 138}  # 150 bytes as JSON
WARM_UP = 20  # clients before memory is measured
SETTLE = 1.0  # seconds until a server has done what connecting brings
LISTED = 6.0  # seconds until it has listed new clients in the database
PROBES = 90  # a second: below the default bound on events per client
NAP = 500  # microseconds; see the load generator


def broadcast(server: Server, rounds: int) -> float:
    """Deliveries per second of the server's CPU: each message is awaited by all its clients."""
    clients = server.load.clients
    server.load.reset()
    server.load.nap(NAP)
    before = server.cpu()
    for number in range(1, rounds + 1):
        server.publish(VALUE)
        came = server.load.expect(number * clients)
        if came != number * clients:
            raise LoadFailed(f"{server.name}: {came} of {number * clients} events came")
    cpu = server.cpu() - before
    server.load.nap(0)
    return rounds * clients / cpu


def generator_share(server: Server, rounds: int) -> float:
    """Seconds of CPU of the load generator per second of the server's, while broadcasting."""
    before, server_before = server.load.cpu(), server.cpu()
    broadcast(server, rounds)
    return (server.load.cpu() - before) / (server.cpu() - server_before)


def memory(server: Server, clients: int) -> float:
    """Bytes of memory that each of some new, idle clients takes."""
    server.load.open(WARM_UP)
    time.sleep(SETTLE)
    before = server.resident()
    server.load.open(clients - WARM_UP)
    time.sleep(SETTLE)
    return (server.resident() - before) / (clients - WARM_UP)


def idle(server: Server, seconds: float) -> float:
    """Percent of a processor that a server takes while nothing happens but pings."""
    time.sleep(LISTED)
    before, started = server.cpu(), time.monotonic()
    time.sleep(seconds)
    return (server.cpu() - before) / (time.monotonic() - started) * 100


def handshakes(server: Server, clients: int) -> tuple[float, float]:
    """Clients that connect to the namespace and go: per second, and per second of CPU."""
    before = server.cpu()
    seconds = server.load.churn(clients)
    return clients / seconds, clients / (server.cpu() - before)


class Paced(NamedTuple):
    """Messages to one client each: per second, milliseconds from COMMIT, and what went wrong."""

    rate: float
    p50: float
    p99: float
    lost: int
    doubled: int
    cpu: float  # percent of a processor

    @classmethod
    def of(
        cls, committed: dict[int, int], receipts: list[tuple[int, int]], seconds: float, cpu: float
    ) -> Paced:
        """Compare what was committed (ns by number) with what came."""
        came = dict(receipts)
        times = sorted((came[number] - at) / 1e6 for number, at in committed.items()
                       if number in came)  # fmt: skip
        return cls(
            len(came) / seconds,
            statistics.median(times),
            times[len(times) * 99 // 100],
            len(committed) - len(came),
            len(receipts) - len(came),
            cpu / seconds * 100,
        )


OURS = (
    "web_socketio_notify('mail', "
    "jsonb_build_object('to', i::bigint * 7919 %% %(clients)s, 'n', i), %(options)s)"
)
C = "pg_notify('limit', (i::bigint * 7919 %% %(clients)s) || ' {\"n\":' || i || '}')"


def targeted(
    server: Ours | Limit, rate: float, seconds: float, *, batch: int, durable: bool = False
) -> Paced:
    """Publish messages for one client each, at a steady rate over one connection.

    :param rate: messages per second.
    :param batch: messages of one transaction.
    """
    call = OURS if isinstance(server, Ours) else C
    statement = f"SELECT count({call}) FROM generate_series(%(first)s, %(last)s) i"
    arguments: dict[str, Any] = {"clients": server.load.clients}
    arguments["options"] = f'{{"durable": {str(durable).lower()}}}'
    committed: dict[int, int] = {}
    server.load.reset()
    connection = psycopg2.connect(server.dsn)
    before, started = server.cpu(), time.monotonic()
    try:
        for number in range(int(rate * seconds / batch)):
            time.sleep(max(0.0, started + number * batch / rate - time.monotonic()))
            first = number * batch + 1
            span = {"first": first, "last": first + batch - 1}
            with connection.cursor() as cursor:
                cursor.execute(statement, arguments | span)
            at = time.monotonic_ns()
            connection.commit()
            committed.update((n, at) for n in range(first, first + batch))
    finally:
        connection.close()
    server.load.expect(len(committed), 5.0)
    took = time.monotonic() - started
    return Paced.of(committed, server.load.receipts(), took, server.cpu() - before)


def fairness(server: Ours, rounds: int) -> Probes:
    """Milliseconds from another client's event to its acknowledgement, while broadcasting.

    That client is a process of its own: it does not wait until others have read.
    """
    probe = server.new_load()
    try:
        probe.open(1)
        server.load.reset()
        server.load.nap(NAP)
        probe.probe(PROBES)
        for number in range(1, rounds + 1):
            server.publish(VALUE)
            server.load.expect(number * server.load.clients)
        return probe.probed()
    finally:
        probe.close()
        server.load.nap(0)
