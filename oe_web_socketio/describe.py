"""What a server process tells an administrator who asks, see ``oe_web_socketio doctor``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odoo.addons.web_socketio import compat_sessions

from oe_web_socketio.versions import versions
from pgsocketio.engine import Connection, Engine

_FORWARDED = "x-forwarded-"


def describe(engine: Engine, values: Mapping[str, Any], sid: str | None) -> dict[str, Any]:
    """How this process is set up, and how it sees a connection. It has no secrets.

    :param values: of the options, by name.
    :param sid: of a connection (Engine.IO's); None: of none.
    :returns: for JSON.
    """
    connection = engine.connections.get(sid) if sid else None
    return {
        "versions": versions(),
        "sessions": compat_sessions.sessions_folder(),
        "listen_dsn": bool(values["listen_dsn"]),
        "trusted_proxies": list(values["trusted_proxy"]),
        "client": None if connection is None else _client(connection),
    }


def _client(connection: Connection) -> dict[str, Any]:
    """How a client looks from here; ``forwarded`` has what a trusted proxy said of it."""
    handshake = connection.handshake
    headers = dict(handshake.headers)
    return {
        "scheme": handshake.scheme,
        "host": headers.get("host", ""),
        "address": handshake.peer[0],
        "cookie": "session_id=" in headers.get("cookie", ""),
        "forwarded": {
            name.removeprefix(_FORWARDED): value
            for name, value in headers.items()
            if name.startswith(_FORWARDED)
        },
    }
