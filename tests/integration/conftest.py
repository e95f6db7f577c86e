"""A database with the test addon, Odoo in front of it, a realtime server and clients."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import psycopg2
import pytest

from tests.integration.clients import Client, Node, eventually
from tests.integration.site import Login, Site
from tests.support.servers import RealtimeServer
from tools.odoo import OdooInstance
from tools.postgres import Postgres

ADDON = "test_realtime"
REALTIME_TEMPLATE = "realtime_template"
QUICK = ("--ping-interval", "2", "--ack-timeout", "60", "--auth-timeout", "60")
"""Positions are told often; nobody is given up because the machine is slow."""
IMPATIENT = ("--ping-interval", "2", "--ack-timeout", "1", "--auth-timeout", "5")
_numbers = itertools.count(1)

Connect = Callable[..., Client]


@pytest.fixture(scope="session")
def instance(instance_of_tests: OdooInstance) -> OdooInstance:
    """Odoo as these tests need it."""
    return instance_of_tests


@pytest.fixture(scope="session")
def realtime_template(instance: OdooInstance, postgres: Postgres, odoo_template: str) -> str:
    """The database to clone, with the test addon; never connect to it."""
    postgres.create_database(REALTIME_TEMPLATE, odoo_template)
    instance.install(REALTIME_TEMPLATE, [ADDON], log="test-install")
    return REALTIME_TEMPLATE


@pytest.fixture(scope="session")
def new_db(postgres: Postgres, realtime_template: str) -> Iterator[Callable[[], str]]:
    """Make databases with the test addon; they are dropped at the end of the run."""
    names: list[str] = []

    def clone() -> str:
        names.append(f"realtime_{next(_numbers)}")
        postgres.create_database(names[-1], realtime_template)
        return names[-1]

    yield clone
    for name in names:
        postgres.drop_database(name)


@pytest.fixture(scope="session")
def db(new_db: Callable[[], str]) -> str:
    """The database that most tests share; they keep apart by topics, rooms and users."""
    return new_db()


@pytest.fixture(scope="session")
def site(instance: OdooInstance, db: str) -> Iterator[Site]:
    """Odoo's HTTP server for every database of these tests."""
    with Site(instance, db) as site:
        yield site


@pytest.fixture(scope="session")
def server(instance: OdooInstance, db: str) -> Iterator[RealtimeServer]:
    """The realtime server that most tests share; its log is free of tracebacks of its own."""
    with RealtimeServer(instance, db, *QUICK) as server:
        yield server


@pytest.fixture(scope="session")
def impatient(instance: OdooInstance, db: str) -> Iterator[RealtimeServer]:
    """A server for those who test what it does not wait for."""
    with RealtimeServer(instance, db, *IMPATIENT) as server:
        yield server


@pytest.fixture
def start(instance: OdooInstance) -> Iterator[Callable[..., RealtimeServer]]:
    """As ``realtime``, with the tests' addons on the path."""
    with ExitStack() as stack:

        def start(db: str, *options: str, **others: Any) -> RealtimeServer:
            return stack.enter_context(RealtimeServer(instance, db, *options, **others))

        yield start


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """The process in which all clients of socket.io-client live."""
    node = Node()
    yield node
    node.close()


@pytest.fixture
def connect(node: Node, site: Site, request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Connect clients: ``connect("demo", "/test", server=…, wait=True, **options of Node.client)``.

    They disconnect at the end of the test.
    """
    clients: list[Client] = []

    def connect(
        user: str | Login | None, namespace: str = "/test", *,
        server: RealtimeServer | None = None, wait: bool = True, **options: Any,
    ) -> Client:
        server = server or request.getfixturevalue("server")
        if isinstance(user, str):
            user = site.user(user)
        if user is not None and "cookie" not in options and "share" not in options:
            options.setdefault("session_id", user.session_id)
        client = node.client(server.url, namespace, **options)
        clients.append(client)
        return client.connected() if wait else client

    yield connect
    for client in clients:
        client.disconnect()


@pytest.fixture
def topic() -> str:
    """A topic (or room, or name) that no other test uses."""
    return f"topic-{next(_numbers)}"


@pytest.fixture(scope="session")
def sql(postgres: Postgres, db: str) -> Iterator[Callable[..., Any]]:
    """Run SQL in the shared database: ``sql("SELECT …", [parameters], db=…)``; returns the rows."""
    connections: dict[str, Any] = {}

    def run(query: str, parameters: Sequence[Any] = (), db: str = db) -> Any:
        if db not in connections:
            connections[db] = psycopg2.connect(postgres.dsn(db))
            connections[db].autocommit = True
        with connections[db].cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall() if cursor.description else None

    yield run
    for connection in connections.values():
        connection.close()


class Gate:
    """Closed while its ``with`` lasts: handlers wait at it, see ``pass_gate`` of the test model."""

    def __init__(self, sql: Callable[..., Any], db: str) -> None:
        self.key = next(_numbers)
        self._sql, self._db = sql, db

    def __enter__(self) -> Gate:
        self._sql("SELECT pg_advisory_lock(%s)", [self.key], db=self._db)
        return self

    def __exit__(self, *failure: object) -> None:
        self._sql("SELECT pg_advisory_unlock(%s)", [self.key], db=self._db)

    def somebody_waits(self) -> bool:
        """Whether a handler stands before it; waits for one."""
        waits = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
        return bool(eventually(lambda: self._sql(waits, [self.key], db=self._db)))


@pytest.fixture
def gate(sql: Callable[..., Any], db: str) -> Callable[..., Gate]:
    """Make gates: ``with gate(db=…) as closed``."""
    return lambda db=db: Gate(sql, db)


@pytest.fixture(scope="session")
def publish(sql: Callable[..., Any]) -> Callable[..., int]:
    """Publish a message as a trigger does: ``publish(topic=…, db=…, **values)``; returns its id."""

    def publish(channel: str = "test", **values: Any) -> int:
        database = {"db": values.pop("db")} if "db" in values else {}
        query = "SELECT web_socketio_notify(%s, %s::jsonb)"
        return int(sql(query, [channel, json.dumps(values)], **database)[0][0])

    return publish
