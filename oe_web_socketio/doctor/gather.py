"""Facts of installation, database and servers; Odoo is loaded already."""

from __future__ import annotations

import getpass
import importlib.metadata
import secrets
import select
import socket
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import odoo.addons.web_socketio
import psycopg2
from odoo.addons.web_socketio import compat, compat_sessions
from odoo.modules.module import get_manifest
from odoo.tools import config

from oe_web_socketio import locate
from oe_web_socketio.versions import versions
from pgsocketio import remote
from pgsocketio.errors import SchemaMismatch
from pgsocketio.log import schema

from .facts import Database, Installation, Listening, Server
from .judge_database import IN_THE_WAY

_NAME = "oe.web.socketio doctor"
_PATIENCE = 5.0  # seconds
_NOTIFY = "web_socketio_notify(text, jsonb, jsonb)"


def installation() -> Installation:
    """This machine."""
    folder = Path(odoo.addons.web_socketio.__path__[0]).resolve()
    return Installation(
        versions=versions(),
        packages=_packages(),
        addon=str(folder),
        own_addon=str(Path(locate.addons_folder(), "web_socketio").resolve()),
        conf=config["config"] or "odoo.conf",
        proxy_mode=bool(config["proxy_mode"]),
        sessions=compat_sessions.sessions_folder(),
    )


def _packages() -> dict[str, str]:
    found = {}
    for name in IN_THE_WAY:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _one(cursor: Any, query: str, *parameters: Any) -> Any:
    cursor.execute(query, parameters)
    row = cursor.fetchone()
    return row[0] if row else None


def database(connection: Any, name: str) -> Database:
    """A database.

    :param connection: in autocommit, as Odoo connects.
    """
    with connection.cursor() as cursor:
        began = time.time()
        now = _one(cursor, "SELECT extract(epoch FROM clock_timestamp())::float8")
        ahead = now - (began + time.time()) / 2
        cursor.execute(
            "SELECT state, latest_version FROM ir_module_module WHERE name = 'web_socketio'"
        )
        state, version = cursor.fetchone() or (None, None)
        number = schema.installed_version(cursor)
        can = "SELECT has_function_privilege(%s, %s, 'EXECUTE')"
        role = _one(cursor, "SELECT current_user")
        return Database(
            name=name,
            server=_one(cursor, "SHOW server_version").split()[0],
            role=role,
            standby=_one(cursor, "SELECT pg_is_in_recovery()"),
            schema=number,
            state=state,
            version=version,
            code=get_manifest("web_socketio")["version"],
            may_publish=bool(number) and _one(cursor, can, role, _NOTIFY),
            anybody=bool(number) and _one(cursor, can, "public", _NOTIFY),
            queue=_one(cursor, "SELECT pg_notification_queue_usage()"),
            ahead=ahead,
        )


def listening(connection: Any, name: str, dsn: str | None) -> Listening:
    """Listen as the server does, and notify from another connection.

    :param dsn: of the server's LISTEN; None: it uses Odoo's connection.
    """
    channel = f"web_socketio_doctor_{secrets.token_hex(4)}"
    options: dict[str, Any] = {"application_name": _NAME, "connect_timeout": 5}
    whose = "listen_dsn" if dsn else Listening().whose
    try:
        listener = (
            psycopg2.connect(dsn, **{**options, "dbname": name}) if dsn
            else compat.connect(name, **options)
        )  # fmt: skip
    except psycopg2.ProgrammingError:  # its text has parts of the string
        return Listening(whose=whose, error="that is no connection string")
    except psycopg2.Error as error:
        return Listening(whose=whose, error=" ".join(str(error).split()))
    with closing(listener):
        listener.autocommit = True
        with listener.cursor() as cursor, connection.cursor() as other:
            pooler = _one(cursor, "SELECT pg_backend_pid()") != listener.info.backend_pid
            cursor.execute(f"LISTEN {channel}")
            other.execute("SELECT pg_notify(%s, '')", [channel])
        return Listening(_heard(listener), pooler, whose)


def _heard(listener: Any) -> float | None:
    """Seconds until a NOTIFY comes, None when none does."""
    began = time.monotonic()
    while (left := began + _PATIENCE - time.monotonic()) > 0:
        if select.select([listener], [], [], left)[0]:
            listener.poll()
        if listener.notifies:
            return time.monotonic() - began
    return None


_NODES = """
    SELECT node, host, pid, address, version, state, health,
           heartbeat > clock_timestamp() - web_socketio_silence()
    FROM web_socketio_node ORDER BY host, pid
"""


def servers(connection: Any, sid: str | None = None) -> list[Server] | None:
    """The servers of a database, as they describe themselves.

    :param connection: in autocommit, of a role that owns the message log.
    :param sid: of a connection, to learn how the server that has it sees it.
    :returns: None where the message log does not list them: it is too old.
    """
    by = f"{_NAME} of {getpass.getuser()}@{socket.gethostname()}"
    with connection.cursor() as cursor:
        try:
            answers = {a.node: a for a in remote.describe(cursor, by, sid, timeout=_PATIENCE)}
        except SchemaMismatch:
            return None
        cursor.execute(_NODES)
        return [_server(answers.get(node), *row) for node, *row in cursor.fetchall()]


def _server(
    answer: remote.Answer | None, host: str, pid: int, address: str | None, version: str,
    state: str, health: dict[str, Any], alive: bool,
) -> Server:  # fmt: skip
    about = (answer.result if answer else None) or {}
    if "ready" in about and state in ("ready", "away"):  # the row is some seconds old
        state = "ready" if about["ready"] else "away"
    return Server(
        where=f"{host}:{pid}",
        address=address,
        version=version,
        state=state,
        alive=alive,
        error=about.get("error", health.get("error")),
        restart=tuple(health.get("restart") or ()),
        here=host == socket.gethostname(),
        seconds=answer.seconds if answer else None,
        about=about,
    )
