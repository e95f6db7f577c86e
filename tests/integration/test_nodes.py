"""The tables of server processes and their clients, in a real PostgreSQL, and what steers them."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import psycopg2
import pytest

from pgsocketio import nodes, remote
from pgsocketio.errors import SchemaMismatch
from pgsocketio.log import schema
from pgsocketio.log.publisher import Connections
from pgsocketio.members import Target
from pgsocketio.namespace import BaseNamespace
from pgsocketio.nodes import NodeReport
from pgsocketio.testing import NamespaceDriver
from tests.chaos.attack import a_site, attack
from tests.chaos.faults import Fault
from tests.chaos.site import ServerProcess, Site
from tests.support.old_schema import version_1
from tools.postgres import Postgres

SOCKETS = """
    SELECT sid, "user", namespace, address, queue, unsent FROM web_socketio_socket ORDER BY id
"""
NODES = "SELECT node, state, connections, sockets, health->>'error' FROM web_socketio_node"
Sql = Callable[..., Any]


class Desk(BaseNamespace):
    def get_user(self) -> str | None:
        return self.environ.get("user")


class Process:
    """A server process as far as it reports, with clients in memory."""

    def __init__(self, dsn: str) -> None:
        self.first = NamespaceDriver(Desk, environ={"user": "7", "REMOTE_ADDR": "192.0.2.1"})
        self.clients = [self.first]
        self.health: dict[str, Any] = {"ready": True, "error": None}
        self.connections = Connections(lambda _database: psycopg2.connect(dsn))
        self.report = NodeReport(
            self.first.database.name, "node 1", self.first.server.members, self.connections,
            self.first.runtime, lambda: dict(self.health),
        )  # fmt: skip

    def connect(self) -> NamespaceDriver:
        self.clients.append(NamespaceDriver(Desk, beside=self.first))
        return self.clients[-1]

    def sid(self, number: int) -> str:
        return str(self.clients[number].namespace.socket.sid)


@pytest.fixture
def process(postgres: Postgres, empty_db: str) -> Iterator[Process]:
    dsn = postgres.dsn(empty_db)
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        schema.install(cursor)
    connection.close()
    process = Process(dsn)
    with process.first:
        yield process
    process.connections.close()


@pytest.fixture
def run(process: Process) -> Sql:
    """Run SQL beside the process."""

    def run(query: str, *parameters: Any) -> Any:
        with process.connections.cursor("beside") as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    return run


def test_clients_are_listed_and_disappear(process: Process, run: Sql) -> None:
    second = process.connect()
    process.first.advance(60)
    process.report.report()
    sids = [process.sid(0), process.sid(1)]
    assert run(SOCKETS) == [
        (sids[0], "7", "/Desk", "192.0.2.1", 0, 0), (sids[1], None, "/Desk", None, 0, 0)
    ]  # fmt: skip
    ages = "SELECT extract(epoch FROM clock_timestamp() - since)::int FROM web_socketio_socket"
    assert all(60 <= age < 120 for (age,) in run(ages))
    second.disconnect()
    process.report.report()
    assert [row[0] for row in run(SOCKETS)] == [sids[0]]


def test_only_what_changed_is_written(process: Process, run: Sql) -> None:
    process.connect()
    process.report.report()
    written = dict(run("SELECT sid, xmin::text FROM web_socketio_socket"))
    process.report.report()
    assert dict(run("SELECT sid, xmin::text FROM web_socketio_socket")) == written
    process.first.namespace.socket.client.connection.unsent = 500
    process.report.report()
    changed = dict(run("SELECT sid, xmin::text FROM web_socketio_socket"))
    assert [sid for sid in written if changed[sid] != written[sid]] == [process.sid(0)]
    assert [row[4:] for row in run(SOCKETS)] == [(0, 500), (0, 0)]


@pytest.mark.parametrize(
    ("health", "state"),
    [
        ({"ready": True}, "ready"), ({"ready": False, "error": "gone"}, "away"),
        ({"ready": True, "restart": ["web_chat changed"]}, "restart"),
        ({"ready": True, "restart": ["x"], "draining": True}, "draining"),
    ],
)  # fmt: skip
def test_a_process_tells_its_health(
    process: Process, run: Sql, health: dict[str, Any], state: str
) -> None:
    process.health = {**health, "connections": 3, "address": "http://127.0.0.1:8068"}
    process.report.report()
    assert run(NODES) == [("node 1", state, 3, 1, health.get("error"))]


def test_beyond_the_limit_clients_are_only_counted(process: Process, run: Sql) -> None:
    for _ in range(3):
        process.connect()
    run("SELECT web_socketio_configure('{\"max_sockets\": 2}')")
    process.report.report()
    assert len(run(SOCKETS)) == 2
    assert run("SELECT sockets FROM web_socketio_node") == [(4,)]
    run("SELECT web_socketio_configure('{\"max_sockets\": 0}')")
    process.report.report()
    assert run(SOCKETS) == []


def _age(run: Sql, age: str) -> None:
    run("UPDATE web_socketio_node SET heartbeat = clock_timestamp() - %s::interval", age)


def test_a_silent_process_is_gone_after_30_seconds(process: Process, run: Sql) -> None:
    process.report.report()
    with process.connections.cursor("beside") as cursor:
        _age(run, "20 seconds")
        assert run("SELECT web_socketio_sweep()") == [(0,)]
        assert len(remote.sockets(cursor)[0]) == 1
        _age(run, "31 seconds")
        assert remote.sockets(cursor) == ([], 0)
        assert remote.probe(cursor, "news", "a test") == []
    assert run("SELECT web_socketio_sweep()") == [(1,)]
    assert run(SOCKETS) == []
    assert len(run(NODES)) == 1, "it is shown as gone for a while"
    _age(run, "11 minutes")
    run("SELECT web_socketio_sweep()")
    assert run(NODES) == []


@pytest.mark.parametrize("happened", [
    "UPDATE web_socketio_node SET heartbeat = heartbeat - interval '1 minute'; "
    "SELECT web_socketio_sweep()",
    "TRUNCATE web_socketio_node, web_socketio_socket",  # as a crash of PostgreSQL does
])  # fmt: skip
def test_a_process_that_comes_back_lists_all_of_its_clients_again(
    process: Process, run: Sql, happened: str
) -> None:
    process.connect()
    process.report.report()
    run(happened)
    process.report.report()
    assert [row[0] for row in run(SOCKETS)] == [process.sid(0), process.sid(1)]


def test_after_a_failure_everything_is_written_again(process: Process, run: Sql) -> None:
    process.report.report()
    run("ALTER FUNCTION web_socketio_list RENAME TO away")
    process.connect()
    with pytest.raises(psycopg2.errors.UndefinedFunction):
        process.report.report()
    run("ALTER FUNCTION away RENAME TO web_socketio_list")
    process.report.report()
    assert len(run(SOCKETS)) == 2


def test_a_process_that_ends_in_order_takes_its_rows_along(process: Process, run: Sql) -> None:
    process.report.report()
    process.report.leave()
    assert run(SOCKETS) == run(NODES) == []


def test_many_clients_are_written_in_several_statements(
    process: Process, run: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "BATCH", 2)
    gone = process.connect()
    process.report.report()
    gone.disconnect()
    for _ in range(4):
        process.connect()
    process.report.report()
    assert {row[0] for row in run(SOCKETS)} == {process.sid(n) for n in (0, 2, 3, 4, 5)}


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ('{"retention": "0 seconds"}', "one second to ten years"),
        ('{"retention": "soon"}', "invalid input syntax for type interval"),
        ('{"max_size": 1000}', "one MiB at least"),
        ('{"max_sockets": -1}', "0 to 1,000,000"),
        ('{"secret": "x"}', "there is no setting 'secret'; there are retention, max_size, max_soc"),
    ],
)
def test_wrong_settings_are_refused(
    process: Process, run: Sql, settings: str, error: str
) -> None:
    before = run("SELECT web_socketio_configure()")
    with pytest.raises(psycopg2.Error, match=error):
        run("SELECT web_socketio_configure(%s::jsonb)", settings)
    assert run("SELECT web_socketio_configure()") == before


def test_settings_are_kept(process: Process, run: Sql) -> None:
    run("SELECT web_socketio_configure('{\"retention\": \"3 days\", \"max_size\": 2000000}')")
    assert run("SELECT web_socketio_configure()") == [
        ({"retention": "3 days", "max_size": "2000000", "max_sockets": "10000"},)
    ]


def test_another_role_may_neither_read_nor_write(
    process: Process, run: Sql, postgres: Postgres, empty_db: str
) -> None:
    postgres.psql("CREATE ROLE curious LOGIN")
    connection = psycopg2.connect(postgres.dsn(empty_db, role="curious"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        for query in ("SELECT * FROM web_socketio_socket", "SELECT * FROM web_socketio_node",
                      "SELECT web_socketio_configure()", "SELECT web_socketio_leave('node 1')",
                      "DELETE FROM web_socketio_answer",
                      "SELECT web_socketio_sweep()"):  # fmt: skip
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(query)
    connection.close()
    postgres.psql("DROP ROLE curious")


def test_an_older_schema_is_said_and_does_no_harm(
    process: Process, run: Sql, caplog: pytest.LogCaptureFixture
) -> None:
    with process.connections.cursor("beside") as cursor:
        schema.uninstall(cursor)
        with version_1():
            schema.install(cursor)
        with pytest.raises(SchemaMismatch, match="-u web_socketio"):
            remote.sockets(cursor)
    process.first.runtime.spawn(process.report.run)
    with caplog.at_level(logging.WARNING):
        process.first.advance(60)
    assert [record.getMessage().partition("run '")[2] for record in caplog.records] == [
        "oe -d memory -u web_socketio' (without Odoo: 'pgsocketio install')"
    ]
    with process.connections.cursor("beside") as cursor:
        schema.install(cursor)
    process.first.advance(6)
    assert len(run(SOCKETS)) == 1
    process.report.leave()


# -- real server processes ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Its database has the schema of version 1, until the first test has upgraded it."""
    with ExitStack() as stack:
        with version_1():
            site = stack.enter_context(a_site("--poll=1", clients=3, durable=False))
        yield site


@pytest.fixture(scope="module")
def cursor(site: Site) -> Iterator[Any]:
    connection = psycopg2.connect(site.dsn)
    connection.autocommit = True
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


def test_the_schema_is_upgraded_under_load(site: Site, cursor: Any) -> None:
    """A transaction that published stays open all along: the upgrade does not wait for it."""
    publisher = psycopg2.connect(site.dsn)
    before = "SELECT count(*) FROM web_socketio_log"

    def upgrade(site: Site) -> None:
        with publisher.cursor() as open_cursor:
            open_cursor.execute("SELECT web_socketio_notify('other', '{}')")
            cursor.execute(before)
            (count,) = cursor.fetchone()
            with psycopg2.connect(site.dsn) as connection, connection.cursor() as installer:
                installer.execute("SET lock_timeout = '20s'")
                assert schema.install(installer) == 1
            connection.close()
            cursor.execute(before)
            assert cursor.fetchone()[0] >= count > 0
        publisher.rollback()

    assert schema.installed_version(cursor) == 1
    row = attack(site, Fault("upgraded", upgrade), 1, 300)
    publisher.close()
    assert not row.bad, str(row)
    assert site.tally.phantoms() == site.tally.disorder == []
    assert schema.installed_version(cursor) == 2


@pytest.fixture(scope="module")
def second(site: Site) -> Iterator[ServerProcess]:
    second = site.start_server()
    yield second
    second.stop()


def _wait_listed(cursor: Any, servers: int) -> list[dict[str, Any]]:
    """Wait for the next report of each server."""
    cursor.execute("SELECT clock_timestamp()")
    (start,) = cursor.fetchone()
    alive = "SELECT count(*) FROM web_socketio_node WHERE heartbeat > %s"
    for _ in range(1_200):
        cursor.execute(alive, [start])
        if cursor.fetchone()[0] == servers:
            return remote.sockets(cursor)[0]
        cursor.execute("SELECT pg_sleep(0.05)")
    raise AssertionError("the servers do not report")


def test_commands_are_answered_by_every_server(
    site: Site, cursor: Any, second: ServerProcess
) -> None:
    listed = _wait_listed(cursor, 2)
    assert sorted((row["user"], row["namespace"]) for row in listed) == sorted(
        (str(user), namespace)
        for user in (1, 2, 3)
        for namespace in ("/plain", "/acknowledged", "/loop")
    )
    answers = remote.probe(cursor, "news", "a test")
    assert sorted(answer.result["listeners"] for answer in answers if answer.result) == [0, 6]
    target = Target(user="2", namespace="/plain")
    answers = remote.kick(cursor, target, "closed by a test", "a test")
    assert sorted(answer.result["closed"] for answer in answers if answer.result) == [0, 1]
    left = _wait_listed(cursor, 2)
    assert ("2", "/plain") not in [(row["user"], row["namespace"]) for row in left]
    assert len(left) == 8
    cursor.execute("SELECT count(*) FROM web_socketio_answer")
    assert cursor.fetchone() == (0,)


def test_a_server_that_does_not_answer_is_named(
    site: Site, cursor: Any, second: ServerProcess
) -> None:
    pid = second.child.process.pid
    second.child.process.send_signal(signal.SIGSTOP)
    try:
        answers = remote.probe(cursor, "news", "a test", timeout=3)
    finally:
        second.child.process.send_signal(signal.SIGCONT)
    silent = [answer for answer in answers if answer.result is None]
    assert [answer.where.rpartition(":")[2] for answer in silent] == [str(pid)]
    assert len(answers) == 2
