"""Whose code the functions of the message log run, and who may call them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest

from pgsocketio.log import schema
from tools.postgres import Postgres

RETURNS = {"||": "text", "-": "timestamptz", "/": "interval"}
OPERATORS = [
    ("||", "text", "integer"), ("||", "text", "bigint"), ("||", "bigint", "text"),
    ("||", "oid", "text"), ("/", "interval", "integer"), ("-", "timestamptz", "time"),
]  # fmt: skip
FUNCTIONS = [
    "format(text, integer)", "pg_notify(text, name)", "convert_to(text, text)",
    "octet_length(name)", "jsonb_typeof(json)", "set_config(text, text, integer)",
    "setval(text, integer)", "substr(text, bigint)",
    "left(text, bigint)", "to_char(timestamp, name)", "jsonb_build_object(text, boolean)",
    "json_build_object(text, bigint)", "pg_total_relation_size(text)",
]  # fmt: skip
PUBLISH = [
    "SELECT web_socketio_notify('a', '{}')",
    """SELECT web_socketio_notify('a', '{}', '{"durable": false}')""",
    """SELECT web_socketio_notify('a', '{}', '{"defer": true, "uid": 7}')""",
    """SELECT web_socketio_notify('a', '{}', '{"defer": true, "durable": false}')""",
]
USE = [
    *PUBLISH, "SELECT web_socketio_wake(xid) FROM web_socketio_log", "SELECT web_socketio_epoch()",
    "SELECT web_socketio_position()",
    "UPDATE web_socketio_meta SET value = '1 microsecond' WHERE key = 'retention'",
    "SELECT web_socketio_trim() FROM generate_series(1, 1)", "SELECT web_socketio_trim()",
    "SELECT web_socketio_trim()",
    "UPDATE web_socketio_meta SET value = 'elsewhere' WHERE key = 'origin'",
    "SELECT web_socketio_renew()",
    """SELECT web_socketio_configure('{"retention": "1 day", "max_sockets": 7}')""",
    """SELECT web_socketio_beat('n', '{"host": "h", "pid": 1, "version": "1", "age": 1,
        "state": "ready", "health": {}, "connections": 1, "sockets": 1}')""",
    """SELECT web_socketio_list('n', true, '[{"sid": "s", "namespace": "/", "age": 1, "queue": 0,
        "unsent": 0}]', '{}')""",
    "SELECT web_socketio_sweep()", "SELECT web_socketio_leave('n')",
]  # fmt: skip


@contextmanager
def connected(dsn: str) -> Iterator[Any]:
    """A cursor in autocommit."""
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    with connection.cursor() as cursor:
        yield cursor
    connection.close()


@pytest.fixture
def cursor(postgres: Postgres, empty_db: str) -> Iterator[Any]:
    """Of the owner of an empty database."""
    with connected(postgres.dsn(empty_db)) as cursor:
        yield cursor


@pytest.fixture
def stranger(postgres: Postgres, empty_db: str) -> Iterator[Any]:
    """Of another role in the same database."""
    postgres.psql("CREATE ROLE stranger LOGIN")
    with connected(postgres.dsn(empty_db, role="stranger")) as cursor:
        yield cursor
    postgres.psql("DROP OWNED BY stranger CASCADE; DROP ROLE stranger", empty_db)


def plant(cursor: Any) -> None:
    """Create functions and operators that fit our calls better than PostgreSQL's own do."""
    body = "LANGUAGE plpgsql AS $$ BEGIN RAISE 'planted code ran'; END $$"
    for number, (name, left, right) in enumerate(OPERATORS):
        function, returns = f"planted_{number}", RETURNS[name]
        cursor.execute(f"CREATE FUNCTION {function}({left}, {right}) RETURNS {returns} {body}")
        cursor.execute(
            f"CREATE OPERATOR {name} (FUNCTION = {function}, LEFTARG = {left}, RIGHTARG = {right})"
        )
    for signature in FUNCTIONS:
        cursor.execute(f"CREATE FUNCTION {signature} RETURNS text {body}")


def test_code_that_others_put_into_the_schema_is_not_run(
    cursor: Any, stranger: Any, postgres: Postgres, empty_db: str
) -> None:
    """Where a role may create objects beside ours, as everybody could before PostgreSQL 15."""
    postgres.psql("GRANT CREATE, USAGE ON SCHEMA public TO stranger", empty_db)
    plant(stranger)
    with pytest.raises(psycopg2.errors.RaiseException, match="planted code ran"):
        cursor.execute("SELECT 'what a careless query runs: ' || 1")
    schema.install(cursor)
    for statement in USE:
        cursor.execute(statement)
    cursor.execute("SELECT count(*) FROM web_socketio_meta WHERE key LIKE 'closed%'")
    assert cursor.fetchone() == (1,), "it went on to another slot"


def test_functions_look_nowhere_else_and_are_the_owners_alone(cursor: Any) -> None:
    schema.install(cursor)
    cursor.execute(
        "SELECT proname, proconfig[1], has_function_privilege('public', oid, 'EXECUTE')"
        " FROM pg_proc WHERE proname LIKE 'web\\_socketio%'"
    )
    rows = cursor.fetchall()
    assert len(rows) > 15
    for name, path, anybody in rows:
        assert path == "search_path=pg_catalog, pg_temp", name
        assert not anybody, name


def test_tables_and_sequences_are_the_owners_alone(cursor: Any) -> None:
    schema.install(cursor)
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relname LIKE 'web\\_socketio%' AND relacl IS NOT NULL"
    )
    assert cursor.fetchall() == []


def test_a_role_that_may_publish_may_do_nothing_else(cursor: Any, stranger: Any) -> None:
    schema.install(cursor)
    cursor.execute(
        "GRANT EXECUTE ON FUNCTION web_socketio_notify(text, jsonb, jsonb) TO stranger"
    )
    for statement in PUBLISH:
        stranger.execute(statement)
    for statement in USE[len(PUBLISH):]:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            stranger.execute(statement)
