"""The objects in the database: numbered scripts, run once each, in order."""

from __future__ import annotations

import re
from importlib import resources
from typing import Any

from pgsocketio.errors import SchemaMismatch

VERSION = 2
"""Of the objects that this code expects; one more or one less works too."""

_LOCK = 0x6F65_7773  # "oews": one installer at a time
_TRIM_LOCK = 1_869_969_266
"""Of web_socketio_trim(), which locks the tables in another order: who holds it keeps that out."""
_OBJECTS = "SELECT to_regclass('web_socketio_meta') IS NOT NULL"


def installed_version(cursor: Any) -> int:
    """The version of the objects in a database, 0 where there are none.

    :param cursor: DB-API cursor of psycopg2, or Odoo's.
    """
    cursor.execute(_OBJECTS)
    if not cursor.fetchone()[0]:
        return 0
    cursor.execute("SELECT value::int FROM web_socketio_meta WHERE key = 'version'")
    row = cursor.fetchone()
    return row[0] if row else 0


def install(cursor: Any) -> int:
    """Create the objects, or bring them up to date; rows stay. Runs in the caller's transaction.

    :returns: the version that was there before.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    before = installed_version(cursor)
    for number, script in _scripts():
        if number > before:
            cursor.execute(_with_schema(cursor, script))
    if before < VERSION:
        cursor.execute(
            "INSERT INTO web_socketio_meta (key, value) VALUES ('version', %s) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [str(VERSION)],
        )
    return before


def uninstall(cursor: Any) -> None:
    """Drop every object and every message."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TRIM_LOCK])
    for table in ("log", "volatile", "meta", "node", "socket", "answer"):
        cursor.execute(f"DROP TABLE IF EXISTS web_socketio_{table} CASCADE")
    cursor.execute("DROP SEQUENCE IF EXISTS web_socketio_log_id, web_socketio_slot")
    cursor.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE proname LIKE 'web\\_socketio\\_%' "
        "AND pronamespace = current_schema()::regnamespace"
    )
    for (signature,) in cursor.fetchall():
        cursor.execute(f"DROP FUNCTION {signature}")


def check(cursor: Any) -> int:
    """Make sure that this code can work with the objects.

    :returns: their version.
    :raises SchemaMismatch: saying what to do.
    """
    version = installed_version(cursor)
    if version == 0:
        raise SchemaMismatch(
            "the message log is not installed in this database: install the addon web_socketio "
            "(without Odoo: 'pgsocketio install')"
        )
    if abs(version - VERSION) > 1:
        raise SchemaMismatch(
            f"the message log has version {version}, this server works with {VERSION} (one more or "
            f"one less): {cure(cursor)} with the newest version, then restart everything"
        )
    return version


def cure(cursor: Any) -> str:
    """What brings the objects of a database up to date, in words."""
    cursor.execute("SELECT current_database()")
    (name,) = cursor.fetchone()
    return f"run 'oe -d {name} -u web_socketio' (without Odoo: 'pgsocketio install')"


def _scripts() -> list[tuple[int, str]]:
    folder = resources.files("pgsocketio").joinpath("sql")
    scripts = [(entry.name, entry) for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return [(int(name[:3]), entry.read_text("utf-8")) for name, entry in sorted(scripts)]


def _with_schema(cursor: Any, script: str) -> str:
    cursor.execute("SELECT quote_ident(current_schema())")
    schema = cursor.fetchone()[0]
    # '%' in a script is no parameter; without arguments psycopg2 leaves it alone.
    return re.sub("@schema@", lambda _match: schema, script)
