"""Acts on sockets travel between server processes; who may merely publish cannot forge one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest

from pgsocketio import backplane
from pgsocketio.members import Target
from tests.integration.conftest import QUICK, Connect
from tests.support.servers import RealtimeServer
from tools.odoo import OdooInstance
from tools.postgres import Postgres

PUBLISH = "SELECT web_socketio_notify(%s, %s::jsonb)"


@pytest.fixture(scope="module")
def second(instance: OdooInstance, db: str) -> Iterator[RealtimeServer]:
    """Another server process on the same database."""
    with RealtimeServer(instance, db, *QUICK) as server:
        yield server


@pytest.fixture(scope="module")
def forger(postgres: Postgres, db: str) -> Iterator[Callable[..., Any]]:
    """Run SQL as a role that may publish and listen, and nothing else."""
    postgres.psql("CREATE ROLE forger LOGIN")
    postgres.psql(
        "GRANT EXECUTE ON FUNCTION web_socketio_notify(text, jsonb, jsonb) TO forger", db
    )
    connection = psycopg2.connect(postgres.dsn(db, role="forger"))
    connection.autocommit = True

    def run(query: str, *parameters: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall() if cursor.description else connection.notifies

    yield run
    connection.close()
    postgres.psql("DROP OWNED BY forger; DROP ROLE forger", db)


def test_kick_reaches_the_sockets_of_every_process(
    connect: Connect, server: RealtimeServer, second: RealtimeServer, postgres: Postgres, db: str
) -> None:
    meant = [connect("demo", "/other", server=one) for one in (server, second)]
    others = [connect("demo", server=one, share=beside)
              for one, beside in zip((server, second), meant)]
    with psycopg2.connect(postgres.dsn(db)) as connection, connection.cursor() as cursor:
        target = Target(namespace="/other").to_json()
        backplane.send(cursor, {"op": "kick", "target": target, "reason": "closed by a test"})
    connection.close()
    for client in meant:
        client.gone()
    assert [client.call("echo", 1) for client in others] == [1, 1]


def _emit(text: str) -> dict[str, Any]:
    return {
        "op": "emit", "node": "forger", "namespace": "/test", "event": "forged", "args": [text],
        "room": None, "skip": None,
    }  # fmt: skip


def test_a_role_that_may_publish_cannot_make_an_act(
    connect: Connect, server: RealtimeServer, forger: Callable[..., Any],
    publish: Callable[..., int], postgres: Postgres, db: str, topic: str,
) -> None:
    client = connect("demo")
    client.call("follow", "Topic", topic)
    forger("LISTEN web_socketio")
    with psycopg2.connect(postgres.dsn(db)) as connection, connection.cursor() as cursor:
        backplane.send(cursor, _emit("genuine"))
    connection.close()
    assert client.wait_for("forged") == [["genuine"]]
    (proof,) = {
        json.loads(notification.payload.split(":", 2)[2])["p"]["proof"]
        for notification in forger("UNLISTEN web_socketio")
        if '"proof"' in notification.payload
    }
    for act in (_emit("bare"), {**_emit("copied"), "proof": proof},
                {"op": "kick", "target": Target().to_json(), "reason": "x", "proof": proof}):
        forger(PUBLISH, backplane.CHANNEL, json.dumps(act))
    publish(topic=topic, n=99)
    client.wait_for("batch")  # what was sent before has arrived, or never will
    assert client.events("forged") == [["genuine"]]
    server.child.wait_for_line("pretends to be an act of a server, 'emit'; it was not obeyed")


@pytest.mark.parametrize("query", [
    "SELECT * FROM web_socketio_meta", "SELECT web_socketio_sealed('act:1')",
    "SELECT * FROM web_socketio_log",
])  # fmt: skip
def test_nor_read_what_it_would_need(forger: Callable[..., Any], query: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        forger(query)
