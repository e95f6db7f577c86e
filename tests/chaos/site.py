"""What the faults happen to: PostgreSQL, proxies, server processes, clients, publishers."""

from __future__ import annotations

import itertools
import json
import select
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import make_dsn
from typing_extensions import Self

from pgsocketio.green_postgres import ALIVE
from pgsocketio.log import schema
from tests.chaos.client import Client
from tests.chaos.proxy import Proxy
from tests.chaos.publishers import Publishers
from tests.chaos.random_transactions import HOT
from tests.chaos.tally import LEDGER, Tally
from tools.console import log_file
from tools.paths import ROOT, VENV_PYTHON
from tools.postgres import Postgres
from tools.processes import Child, free_port

DATABASE = "chaos"
USERS = 3
_logs = itertools.count(1)


class ServerProcess:
    """A server process whose way to PostgreSQL leads through a proxy."""

    def __init__(self, proxy_port: int, *options: str) -> None:
        self.port = free_port()
        place = {"host": "127.0.0.1", "port": proxy_port, "user": "odoo", "dbname": DATABASE}
        dsn = make_dsn(**place, **ALIVE)
        self._command = [VENV_PYTHON, "-m", "tests.chaos.server", dsn, self.port, *options]
        self.start()

    def start(self) -> None:
        """Start it (again)."""
        log = log_file(f"chaos-server-{next(_logs)}")
        self.child = Child("the server", self._command, log, cwd=ROOT)

    def wait_ready(self) -> None:
        self.child.wait_until_started("ready")

    def counters(self) -> dict[str, Any]:
        """What it counted so far."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/counters", timeout=60) as answer:
            return dict(json.load(answer))

    def kill(self) -> None:
        """End it without a word."""
        self.child.process.kill()
        self.child.process.wait()

    def stop(self) -> None:
        """End it in order."""
        status = self.child.stop(timeout=60)
        assert status in (0, -9), f"the server ended with {status}; its log is {self.child.log}"


class Site:
    """Everything for the faults.

    :param postgres: ends with the site.
    :param folder: for what faults need.
    :param clients: how many pages are open all along.
    :param options: of ``tests.chaos.server``.
    """

    def __init__(
        self,
        postgres: Postgres,
        folder: Path,
        clients: int = 6,
        seed: int = 1,
        options: tuple[str, ...] = (),
        publishers: type[Publishers] = Publishers,
    ) -> None:
        self.postgres, self.folder = postgres, folder
        self._options = options
        self.problems: list[str] = []
        self.create_database()
        self.postgres_proxy = Proxy(postgres.port)
        self.server = self.start_server()
        self.client_proxy = Proxy(self.server.port)
        self.tally = Tally()
        self.publishers = publishers(self.dsn, USERS, seed)
        self.clients: list[Client] = []
        for number in range(clients):
            self.open_page(f"client {number}", 1 + number % USERS)
        for client in self.clients:
            client.wait_ready()

    @property
    def dsn(self) -> str:
        """Of the database, past the proxy."""
        return self.postgres.dsn(DATABASE, tcp=True)

    def create_database(self) -> None:
        """Create the database with the message log and the ledger."""
        self.postgres.create_database(DATABASE)
        with psycopg2.connect(self.dsn) as connection, connection.cursor() as cursor:
            schema.install(cursor)
            cursor.execute(LEDGER)
            cursor.execute(HOT)
        connection.close()

    def move_to(self, postgres: Postgres) -> None:
        """From now on everybody finds the database in another cluster."""
        self.postgres.close()
        self.postgres = postgres
        self.postgres_proxy.upstream = postgres.port
        self.publishers.dsn = self.dsn

    @contextmanager
    def quiet(self, absent: str | None = None) -> Iterator[None]:
        """Everybody has everything, and nobody publishes.

        :param absent: a client that cannot have it.
        """
        self.publishers.stop()
        self.tally.read_ledger(self.dsn)
        self.tally.absent = absent
        self.problems += self.tally.wait_complete(self.publishers.round)
        self.tally.absent = None
        yield
        self.publishers.resume()

    def start_server(self) -> ServerProcess:
        """Start one more."""
        server = ServerProcess(self.postgres_proxy.port, *self._options)
        server.wait_ready()
        return server

    def notify(self, payload: str) -> None:
        """Send anything on the channel."""
        with self._autocommit() as cursor:
            cursor.execute("SELECT pg_notify('web_socketio', %s)", [payload])

    def signed(self) -> str:
        """A genuine payload, of a volatile message to all that was sent with it."""
        with self._autocommit() as cursor:
            cursor.execute("LISTEN web_socketio")
            (n,) = self.publishers.one([0], durable=False)
            while True:
                select.select([cursor.connection], [], [], 10)
                cursor.connection.poll()
                for notification in cursor.connection.notifies:
                    if f'"n": {n},' in notification.payload:
                        return str(notification.payload)

    @contextmanager
    def _autocommit(self) -> Iterator[Any]:
        connection = psycopg2.connect(self.dsn)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def sql(self, query: str) -> Any:
        """Run SQL in the database as the superuser; returns the rows as text."""
        return self.postgres.psql(query, DATABASE)

    def open_page(self, name: str, user: int, stored: dict[str, str] | None = None) -> Client:
        """Open a client; one that was there before is counted on."""
        if stored is None:
            self.tally.add(name, user)
        client = Client(
            name, user, self.client_proxy.port, self.handle, self._stale, stored,
            deduplicates="deduplication" not in self._options,
        )  # fmt: skip
        self.clients.append(client)
        return client

    def reload(self, client: Client) -> Client:
        """Load a page anew: only its storage stays."""
        self.clients.remove(client)
        return self.open_page(client.name, client.user, client.close())

    def handle(self, client: Client, listener: str, messages: list[dict[str, Any]]) -> bool:
        self.tally.see(client.name, listener, messages)
        self.tally.handle(client.name, listener, messages)
        return True

    def _stale(self, client: Client, namespace: str) -> None:
        self.tally.read_ledger(self.dsn)
        self.tally.read_again(client.name, namespace)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.publishers.end()
        for client in self.clients:
            client.close()
        self.server.stop()
        with self.client_proxy, self.postgres_proxy:
            pass
        self.postgres.close()
