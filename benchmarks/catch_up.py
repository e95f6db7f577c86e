"""Everybody comes back at once, after a SIGKILL: ``python -m benchmarks.catch_up``.

5,000 clients stood at a position when the server was killed; 10,000 messages, each for one of them,
were published meanwhile. A new server starts, all come back with their position, and one more
client measures what live messages feel of it.
"""

from __future__ import annotations

import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import psycopg2

from benchmarks import servers
from benchmarks.load import Load, LoadFailed
from tools.console import main, say
from tools.postgres import Postgres

CLIENTS = 5_000
MESSAGES = 10_000
LIVE = 1_000_000  # the client that was there all the time
LIVE_RATE = 50.0
PUBLISH = """
    SELECT count(web_socketio_notify('mail', jsonb_build_object('to', i %% %(clients)s, 'n', i)))
    FROM generate_series(1, %(messages)s) i
"""
PUBLISH_LIVE = "SELECT web_socketio_notify('mail', jsonb_build_object('to', %s, 'n', %s))"
COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"


class CatchUp(NamedTuple):
    """What came of it.

    :param connected: seconds until the last client was connected.
    :param caught_up: seconds from then until the last message had arrived.
    :param live_p99: milliseconds from COMMIT to the live client meanwhile.
    :param transactions: of the server in PostgreSQL, in all.
    """

    connected: float
    caught_up: float
    live_p50: float
    live_p99: float
    transactions: int


class _Live(threading.Thread):
    """Publishes for the live client, at a steady rate."""

    def __init__(self, connection: Any) -> None:
        super().__init__()
        self.committed: dict[int, int] = {}
        self._connection = connection
        self._ending = threading.Event()

    def run(self) -> None:
        with self._connection.cursor() as cursor:
            number = MESSAGES
            while not self._ending.wait(1 / LIVE_RATE):
                number += 1
                cursor.execute(PUBLISH_LIVE, [LIVE, number])
                self.committed[number] = time.monotonic_ns()

    def end(self) -> None:
        self._ending.set()
        self.join()


def measure(postgres: Postgres) -> CatchUp:
    """Kill a server with clients, and let all of them come back to the next."""
    with ExitStack() as stack:
        connection = psycopg2.connect(postgres.dsn(servers.DATABASE))
        stack.callback(connection.close)
        connection.autocommit = True
        killed = servers.Ours(postgres)
        killed.enter("/targeted", CLIENTS)
        position = _ask(connection, "SELECT web_socketio_position()")
        killed.kill()
        killed.close()
        _ask(connection, PUBLISH, {"clients": CLIENTS, "messages": MESSAGES})
        ours = servers.Ours(postgres)
        stack.callback(ours.close)
        return _come_back(ours, connection, position)


def _come_back(ours: servers.Ours, connection: Any, position: str) -> CatchUp:
    auth = '{"v":1,"user":%d,"position":"' + position + '"}'
    before = _ask(connection, COMMITS)
    all_of_them = Load(servers.LOAD_CORE, ours.port, "/targeted", auth)
    one = Load(servers.LOAD_CORE, ours.port, "/targeted", f'{{"v":1,"user":{LIVE}}}')
    live = _Live(connection)
    try:
        one.open(1)
        one.reset()
        live.start()
        connected = all_of_them.open(CLIENTS)
        started = time.monotonic()
        came = all_of_them.expect(MESSAGES, 60.0)
        caught_up = time.monotonic() - started
        if came != MESSAGES:
            raise LoadFailed(f"{came} of {MESSAGES} messages came")
    finally:
        live.end()
    one.expect(len(live.committed), 5.0)
    times = sorted((at - live.committed[n]) / 1e6 for n, at in one.receipts())
    one.close()
    all_of_them.close()
    if len(times) != len(live.committed):
        raise LoadFailed(f"{len(times)} of {len(live.committed)} live messages came")
    transactions = _ask(connection, COMMITS) - before - len(live.committed)
    p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
    return CatchUp(connected, caught_up, p50, p99, transactions)


def _ask(connection: Any, query: str, arguments: Any = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return cursor.fetchone()[0]


def run() -> None:
    """Measure three times."""
    with tempfile.TemporaryDirectory() as folder, servers.database(Path(folder)) as postgres:
        for _ in range(3):
            result = measure(postgres)
            say(
                f"{CLIENTS} clients connected in {result.connected:.1f} s, caught up "
                f"{result.caught_up:.2f} s later; live p50 {result.live_p50:.1f} ms, "
                f"p99 {result.live_p99:.1f} ms; {result.transactions} transactions"
            )


if __name__ == "__main__":
    main(run)
